import Logging
import Testing

@testable import Telemetry

@Suite("Log lines")
struct LogLineTests {
    private let time = LogTime(secondsSinceEpoch: 1_893_456_000, milliseconds: 7)

    private func line(
        _ format: LogFormat, _ message: String, level: Logger.Level = .info, _ metadata: Logger.Metadata = [:]
    ) -> String {
        let line = LogLine(
            time: time, level: level, label: "switchboard", message: message, metadata: metadata)
        return String(decoding: format.line(line), as: UTF8.self)
    }

    @Test("JSON: one object with the metadata beside the event's own members, numbers as numbers")
    func json() {
        let metadata: Logger.Metadata = [
            "port": .stringConvertible(8080), "host": "0.0.0.0", "tls": .stringConvertible(false),
            "peer": ["address": "::1", "hops": ["a", "b"]],
        ]
        #expect(
            line(.json, "listening", metadata)
                == #"{"time":"2030-01-01T00:00:00.007Z","level":"info","label":"switchboard","message":"listening","#
                + #""host":"0.0.0.0","peer.address":"::1","peer.hops":["a","b"],"port":8080,"tls":false}"#
                + "\n")
    }

    @Test("Text: level, label, message and metadata on one line, sorted, quoted where needed")
    func text() {
        #expect(
            line(
                .text, "store failed", level: .error,
                ["reason": "disk full", "code": "13", "empty": "", "q": "a\"b"])
                == "2030-01-01T00:00:00.007Z error    switchboard: store failed "
                + #"code=13 empty="" q="a\"b" reason="disk full""# + "\n")
    }

    @Test(
        "Nothing in a message, key or value starts a second line or drives a terminal",
        arguments: LogFormat.allCases)
    func injection(format: LogFormat) {
        let hostile =
            "x\n{\"level\":\"info\"}\r\u{1B}[2J\u{0}\u{85}\u{2028}\u{2029}\u{9B}\u{202E}\u{2066}\u{7F}"
        let written = line(format, hostile, [hostile: .string(hostile), "list": .array([.string(hostile)])])
        #expect(written.hasSuffix("\n"))
        #expect(!written.dropLast().unicodeScalars.contains { $0.isUnsafeInLogs })
    }

    @Test("JSON: quotes, backslashes and characters beyond ASCII survive")
    func jsonEscapes() {
        let written = line(.json, "a\"b\\c\u{1}é😀\t")
        #expect(written.contains(#""message":"a\"b\\c\u0001é😀\t""#))
    }

    @Test("JSON: metadata never replaces the event's own members and no member stands twice")
    func jsonCollisions() {
        let written = line(.json, "m", ["message": "other", "level": "debug", "metadata.level": "again"])
        #expect(written.contains(#""message":"m","metadata.level":"debug","metadata.message":"other"}"#))
        #expect(written.split(separator: "metadata.level").count == 2)
    }

    @Test("Secrets are not written, at any depth", arguments: LogFormat.allCases)
    func redaction(format: LogFormat) {
        let written = line(
            format, "m",
            [
                "Authorization": "hush1", "request": ["token": "hush2"], "list": .array([["sdp": "hush3"]]),
                "ok": "shown",
            ])
        #expect(written.contains("shown"))
        #expect(written.contains("redacted"))
        #expect(!written.contains("hush"))
    }

    @Test("Overlong values are cut", arguments: LogFormat.allCases)
    func lengthBound(format: LogFormat) {
        let written = line(
            format, String(repeating: "a", count: 100_000),
            ["k": .string(String(repeating: "b", count: 9_999))])
        #expect(written.utf8.count < 2 * LogLine.maxValueScalars + 300)
        #expect(written.contains("a…"))
        #expect(written.contains("b…"))
    }

    @Test("Times are UTC with milliseconds, leap days included")
    func times() {
        #expect(LogTime(secondsSinceEpoch: 0, milliseconds: 0).rfc3339 == "1970-01-01T00:00:00.000Z")
        #expect(
            LogTime(secondsSinceEpoch: 1_709_210_096, milliseconds: 45).rfc3339 == "2024-02-29T12:34:56.045Z")
    }
}
