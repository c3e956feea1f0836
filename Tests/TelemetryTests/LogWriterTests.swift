import Glibc
import Logging
import Testing

@testable import Telemetry

/// A pipe whose reading end the test holds.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        reading = ends[0]
        writing = ends[1]
    }

    /// Writes empty lines until nothing more fits.
    func fill() {
        let flags = fcntl(writing, F_GETFL)
        _ = fcntl(writing, F_SETFL, flags | O_NONBLOCK)
        var lineFeed = UInt8(ascii: "\n")
        while write(writing, &lineFeed, 1) == 1 {}
        _ = fcntl(writing, F_SETFL, flags)
    }

    /// Reads until the text holds `ending`.
    func text(until ending: String) -> String {
        text { $0.contains(ending) }
    }

    /// Reads until the text is complete, or nothing more comes for ten seconds.
    func text(until isComplete: (String) -> Bool) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var text = ""
        var ready = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        while !isComplete(text), poll(&ready, 1, 10_000) > 0 {
            let count = read(reading, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
            text = String(decoding: bytes, as: UTF8.self)
        }
        return text
    }

    func close() {
        Glibc.close(reading)
        Glibc.close(writing)
    }
}

@Suite("Log writer")
struct LogWriterTests {
    @Test("Lines leave in the order written, and a flush waits for them")
    func order() throws {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing, format: .json)
        for number in 0..<500 {
            writer.write(Array("line \(number)\n".utf8))
        }
        #expect(writer.flush(within: .seconds(10)))
        let lines = pipe.text(until: "line 499\n").split(separator: "\n")
        #expect(lines == (0..<500).map { "line \($0)" })
        #expect(writer.droppedLines == 0)
        writer.close(within: .seconds(10))
        pipe.close()
    }

    @Test(
        "When nobody reads, the buffer fills, further lines are dropped at once, counted and reported later")
    func fullQueue() throws {
        let pipe = try Pipe()
        pipe.fill()
        let writer = LogWriter(descriptor: pipe.writing, format: .json, maxQueuedBytes: 10_000)
        let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
        // The batch that the thread holds and the buffer take ten lines each.
        for _ in 0..<100 {
            writer.write(line)
        }
        let dropped = writer.droppedLines
        #expect((80...90).contains(dropped))
        #expect(!writer.flush(within: .milliseconds(20)))
        // The thread may take its batch in the middle of this; then there are two reports.
        let text = pipe.text { Self.reportedDrops(in: $0) == Int(dropped) }
        #expect(Self.reportedDrops(in: text) == Int(dropped))
        #expect(text.split(separator: "\n").count { $0.hasPrefix("x") } == 100 - Int(dropped))
        writer.close(within: .seconds(10))
        pipe.close()
    }

    /// The sum of what all reports of dropped lines say.
    private static func reportedDrops(in text: String) -> Int {
        text.matches(of: /"message":"log lines dropped","count":(\d+)}\n/).reduce(0) { $0 + (Int($1.1) ?? 0) }
    }

    @Test("A descriptor that does not block is waited for, and nothing is lost")
    func nonBlockingDescriptor() async throws {
        let pipe = try Pipe()
        #expect(fcntl(pipe.writing, F_SETFL, O_NONBLOCK) == 0)
        let writer = LogWriter(descriptor: pipe.writing, format: .text)
        for _ in 0..<400 {
            writer.write(Array((String(repeating: "y", count: 999) + "\n").utf8))
        }
        writer.write(Array("end\n".utf8))
        #expect(pipe.text(until: "end\n").utf8.count == 400_004)
        writer.close(within: .seconds(10))
        pipe.close()
    }

    @Test("A closed descriptor does not stop the program")
    func closedDescriptor() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Pipe()
        close(pipe.reading)
        let writer = LogWriter(descriptor: pipe.writing, format: .text)
        writer.write(Array("lost\n".utf8))
        #expect(writer.flush(within: .seconds(10)))
        writer.close(within: .seconds(10))
        close(pipe.writing)
    }

    @Test("A handler merges its metadata, its provider's and the event's, and keeps to its level")
    func handler() throws {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing, format: .json)
        var logger = Logger(label: "test") { label in
            LineLogHandler(
                label: label, format: .json, level: .info, writer: writer,
                metadataProvider: Logger.MetadataProvider { ["b": "provider", "c": "provider"] })
        }
        logger[metadataKey: "a"] = "handler"
        logger[metadataKey: "b"] = "handler"
        logger.debug("too quiet")
        logger.warning("loud", metadata: ["c": "event"])
        let text = pipe.text(until: "\n")
        #expect(
            text.hasSuffix(
                #""level":"warning","label":"test","message":"loud","a":"handler","b":"provider","c":"event"}"#
                    + "\n"))
        #expect(text.split(separator: "\n").count == 1)
        writer.close(within: .seconds(10))
        pipe.close()
    }
}
