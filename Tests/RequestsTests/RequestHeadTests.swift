import Addresses
import Testing

@testable import Requests

@Suite("The head of a request")
struct RequestHeadTests {
    private func parse(_ text: String) -> RequestHead.Outcome {
        Array(text.utf8).withUnsafeBytes { RequestHead.parse($0) }
    }

    private func head(_ text: String) throws -> RequestHead {
        guard case .complete(let head, let length) = parse(text) else { throw Missing() }
        #expect(length == text.utf8.count)
        return head
    }

    private struct Missing: Error {}

    @Test("is complete with its blank line and not before, wherever it is cut")
    func truncation() {
        let text = "GET /ws?x=1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n"
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            for searched in 0...count {
                guard
                    case .incomplete = bytes.prefix(count).withUnsafeBytes({
                        RequestHead.parse($0, searched: searched)
                    })
                else { return #expect(Bool(false), "cut at \(count)") }
                // What has been searched before changes nothing for the rest.
                guard case .complete = bytes.withUnsafeBytes({ RequestHead.parse($0, searched: searched) })
                else { return #expect(Bool(false), "searched \(searched)") }
            }
        }
    }

    @Test("names method, path and what the handshake needs")
    func fields() throws {
        let head = try head(
            "GET /ws?room=1 HTTP/1.1\r\nHost: h\r\nUPGRADE: foo, WebSocket\r\nConnection: keep-alive\r\n"
                + "connection: Upgrade \r\nSec-WebSocket-Key:  k \r\nSec-WebSocket-Version: 13\r\nOrigin: https://a.example\r\n"
                + "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2, 192.0.2.3\r\nX-Real-IP: 192.0.2.1\r\n\r\n"
        )
        #expect(head.method == "GET")
        #expect(head.path == "/ws")
        #expect(head.isHTTP11)
        #expect(head.hostCount == 1)
        #expect(head.upgradesToWebSocket)
        #expect(head.connectionSaysUpgrade)
        #expect(head.webSocketKeys == ["k"])
        #expect(head.webSocketVersions == ["13"])
        #expect(head.provenance.origins == ["https://a.example"])
        #expect(head.provenance.forwardedFor == ["192.0.2.1", "192.0.2.2, 192.0.2.3"])
        #expect(head.provenance.hasOtherForwardingHeader)
        #expect(head.provenance.authority == "h")
        #expect(head.framing == .length(0))
    }

    @Test("prefers the target's host to the Host field's, and finds what HTTP/1.0 must not have")
    func authority() throws {
        let head = try head(
            "POST http://a:81/ws HTTP/1.0\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(head.authority == "a:81" && head.provenance.authority == "a:81")
        #expect(head.path == "/ws")
        #expect(head.hasTransferEncoding && !head.isHTTP11)
    }

    @Test(
        "notes every field that tells where a request comes from, in any case",
        arguments: [
            "X-Forwarded-For: 192.0.2.1", "x-forwarded-proto: https", "Forwarded: for=192.0.2.1",
            "VIA: 1.1 proxy",
            "X-Real-IP: 192.0.2.1", "Origin: https://example.org", "sec-fetch-site: cross-site",
        ])
    func provenance(field: String) throws {
        let socket = try #require(IPAddress("127.0.0.1"))
        let plain = try head("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n")
        #expect(plain.provenance.isLocal(from: socket))
        let told = try head("GET / HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n")
        #expect(!told.provenance.isLocal(from: socket))
    }

    @Test(
        "knows the body's length, or that only the decoder does",
        arguments: [
            ("Content-Length: 12\r\n", .length(12)), ("", .length(0)),
            ("Transfer-Encoding: chunked\r\n", .chunked),
            ("Transfer-Encoding: gzip, chunked\r\n", .unknown), ("Content-Length: +5\r\n", .unknown),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .unknown),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", .unknown),
            ("Content-Length: 0\r\nContent-Length: 0\r\n", .unknown),
            ("Content-Length: 1\r\nContent-Length: 1\r\n", .unknown), ("Content-Length: -1\r\n", .unknown),
            ("Content-Length: x\r\n", .unknown),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", .unknown),
            ("Content-Length: 99999999999999999999\r\n", .unknown),
        ] as [(String, RequestHead.Framing)])
    func framing(fields: String, expected: RequestHead.Framing) throws {
        #expect(try head("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n").framing == expected)
    }

    @Test("is given up on when a line begins with two carriage returns, wherever it is cut")
    func twoReturns() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\r\n".utf8)
        for count in bytes.count - 1...bytes.count {
            for searched in 0...bytes.count - 2 {
                guard
                    case .unreadable = bytes.prefix(count).withUnsafeBytes({
                        RequestHead.parse($0, searched: searched)
                    })
                else { return #expect(Bool(false), "cut at \(count), searched \(searched)") }
            }
        }
    }

    @Test(
        "is given up on at once when it cannot be one",
        arguments: [
            "\u{16}\u{3}\u{1}", "get / HTTP/1.1\r\n", " GET", "\r\n\r\n", "{\"type\":",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "G\0T",
        ])
    func unreadable(text: String) {
        guard case .unreadable = parse(text) else { return #expect(Bool(false), "\(text)") }
    }
}

@Suite("The WebSocket handshake")
struct HandshakeTests {
    private static let fields = [
        "Host: h", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]

    private func judge(
        _ fields: [String] = Self.fields, line: String = "GET / HTTP/1.1", origins: AllowedOrigins = .any
    ) -> Handshake.Verdict {
        let text = ([line] + fields + ["", ""]).joined(separator: "\r\n")
        guard case .complete(let head, _) = Array(text.utf8).withUnsafeBytes({ RequestHead.parse($0) }) else {
            return .otherRequest
        }
        return Handshake.judge(head, allowedOrigins: origins)
    }

    private func status(_ verdict: Handshake.Verdict) -> String? {
        guard case .refuse(let refusal) = verdict else { return nil }
        return refusal.status
    }

    @Test("answers RFC 6455's own example as it does")
    func example() {
        guard case .accept(let response) = judge() else { return #expect(Bool(false)) }
        let text = String(decoding: response, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(text.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
        #expect(!text.replacing("\r\n", with: "").contains("\n"))
    }

    @Test(
        "takes its target in every form",
        arguments: ["/", "/ws?a", "http://h/", "http://h", "http://h?a", "HTTP://other:81/ws?a"])
    func targets(target: String) {
        guard case .accept = judge(line: "GET \(target) HTTP/1.1") else { return #expect(Bool(false)) }
    }

    @Test("leaves other requests to HTTP")
    func others() {
        #expect(judge(["Host: h"]) == .otherRequest)
        #expect(judge(line: "POST / HTTP/1.1") == .otherRequest)
        #expect(judge(line: "GET /api/rooms HTTP/1.1") == .otherRequest)
        #expect(judge(line: "GET /ws/ HTTP/1.1") == .otherRequest)
        #expect(judge(line: "GET http://h/api/rooms HTTP/1.1") == .otherRequest)
        #expect(judge(line: "GET ws://h/ws HTTP/1.1") == .otherRequest)
        // RFC 9110 §7.8.
        #expect(judge(line: "GET / HTTP/1.0") == .otherRequest)
    }

    @Test("refuses what is not complete", arguments: 0..<5)
    func incomplete(missing: Int) {
        var fields = Self.fields
        fields.remove(at: missing)
        let verdict = judge(fields)
        if missing == 1 {
            #expect(verdict == .otherRequest)
        } else {
            #expect(status(verdict) == (missing == 4 ? "426 Upgrade Required" : "400 Bad Request"))
        }
    }

    @Test("refuses wrong keys, versions and hosts")
    func wrong() {
        func with(_ index: Int, _ field: String) -> [String] {
            var fields = Self.fields
            fields[index] = field
            return fields
        }
        #expect(status(judge(with(3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="))) == "400 Bad Request")
        #expect(status(judge(with(3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q=="))) == "400 Bad Request")
        #expect(status(judge(with(3, "Sec-WebSocket-Key: "))) == "400 Bad Request")
        #expect(status(judge(Self.fields + [Self.fields[3]])) == "400 Bad Request")
        #expect(status(judge(with(4, "Sec-WebSocket-Version: 8"))) == "426 Upgrade Required")
        #expect(status(judge(Self.fields + ["Host: other"])) == "400 Bad Request")
        #expect(status(judge(Self.fields + ["Content-Length: 4"])) == "400 Bad Request")
    }

    @Test("lets pages of allowed origins in, and whoever is no page")
    func origins() {
        let allowed = AllowedOrigins(["https://App.example"])
        #expect(
            status(judge(Self.fields + ["Origin: https://evil.example"], origins: allowed)) == "403 Forbidden"
        )
        #expect(status(judge(Self.fields + ["Origin: null"], origins: allowed)) == "403 Forbidden")
        #expect(status(judge(Self.fields + ["Origin: https://app.example"], origins: allowed)) == nil)
        let twice = Self.fields + ["Origin: https://evil.example", "Origin: https://app.example"]
        #expect(status(judge(twice, origins: allowed)) == "403 Forbidden")
        #expect(status(judge(origins: allowed)) == nil)
    }
}
