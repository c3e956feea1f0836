import Requests
import Testing

@Suite("Requests at the gate")
struct GateRequestTests {
    private static let get = "HTTP: GET /a HTTP/1.1|Host: h||"
    private static let post = "HTTP: POST /b HTTP/1.1|Host: h|Content-Length: 3||abc"
    private static let chunked = "HTTP: POST /c HTTP/1.1|Host: h|Transfer-Encoding: chunked||3|xyz|0||"

    @Test("go on to HTTP one at a time, the next when its forerunner is answered")
    func pipelined() {
        let stage = GateStage()
        stage.send(Texts.get + Texts.post + Texts.chunked + Texts.get)
        #expect(stage.takeLines() == [Self.get, "stop reading"])
        stage.answer()
        #expect(stage.takeLines() == [Self.post, "stop reading"])
        stage.answer()
        #expect(stage.takeLines() == [Self.chunked, "stop reading"])
        stage.answer()
        #expect(stage.takeLines() == [Self.get, "read again"])
        #expect(stage.held == [])
    }

    @Test("leave the socket alone between them: nothing is stopped for what has not come")
    func inTurn() {
        let stage = GateStage()
        for (text, line) in [(Texts.get, Self.get), (Texts.chunked, Self.chunked), (Texts.post, Self.post)] {
            stage.send(text)
            stage.answer()
            #expect(stage.takeLines() == [line])
        }
    }

    @Test("that come in the socket meanwhile are read after the answer")
    func unread() {
        let stage = GateStage()
        stage.send(Texts.get + "G")
        stage.send(String(Texts.get.dropFirst()))
        #expect(stage.takeLines() == [Self.get, "stop reading"])
        #expect(stage.held == [UInt8(ascii: "G")])
        stage.answer()
        #expect(stage.takeLines() == ["read again", Self.get])
    }

    @Test("have bodies by length and by chunks, in whatever pieces", arguments: [1, 2, 7, 1_000])
    func pieces(size: Int) {
        let stage = GateStage { $0.answersAtOnce = true }
        let bytes = Array((Texts.post + Texts.chunked + Texts.get).utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            stage.send(Array(bytes[start..<min(bytes.count, start + size)]))
        }
        #expect(stage.takeLines() == [Self.post, Self.chunked, Self.get])
    }

    @Test("that were answered before their end are followed to it")
    func answeredEarly() {
        let stage = GateStage()
        stage.send(String(Texts.post.dropLast(2)))
        stage.answer()
        stage.send("bc" + Texts.get)
        #expect(stage.takeLines() == [Self.post, Self.get])
    }

    @Test("may expect to be told to continue, which is HTTP's to do")
    func expectations() {
        let stage = GateStage()
        let head = "POST / HTTP/1.1|Host: h|Expect: 100-continue|Content-Length: 1||"
        stage.send(Texts.wire(head))
        #expect(stage.takeLines() == ["HTTP: " + head])
        stage.send("x")
        #expect(stage.takeLines() == ["HTTP: x"])
    }

    @Test("of HTTP/1.0 are the last of their connection and need no host")
    func old() {
        let stage = GateStage()
        stage.send(Texts.wire("GET /a HTTP/1.0||") + Texts.get)
        #expect(stage.takeLines() == ["HTTP: GET /a HTTP/1.0|| (last)", "stop reading"])
        stage.answer()
        #expect(stage.takeLines() == ["HTTP closes"])
        let upgrade = GateStage()
        upgrade.send(Texts.handshake.replacing("HTTP/1.1", with: "HTTP/1.0"))
        #expect(
            upgrade.takeLines().first?.hasPrefix("HTTP: GET /ws HTTP/1.0|Host: h|x-noted: websocket|") == true
        )
    }

    // MARK: What cannot be followed

    @Test(
        "whose end only the decoder can tell are the last, and what follows them is not taken for a request",
        arguments: [
            "POST / HTTP/1.1|Host: h|Content-Length: 1|Content-Length: 2||",
            "POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked|Content-Length: 5||",
            "POST / HTTP/1.1|Host: h|Transfer-Encoding: gzip||",
            "GET / HTTP/1.1|Host: h| folded||", "GET / HTTP/1.1|Host: h|\r|", "GET /|Host: h||",
            "get / HTTP/1.1|Host: h||", "\u{16}\u{3}\u{1}",
        ])
    func unfollowable(text: String) {
        let stage = GateStage()
        stage.send(Texts.wire(text) + Texts.handshake)
        let lines = stage.takeLines()
        let shown = text.replacing("\r|", with: "\r\r\n").replacing("\r\n", with: "|")
        #expect(lines.count == 1 && lines[0].hasPrefix("HTTP: \(shown)GET /ws"), "\(lines)")
        #expect(lines[0].hasSuffix(" (last)"))
        stage.answer()
        #expect(stage.takeLines() == ["HTTP closes"])
    }

    @Test("with chunks that are malformed are the last")
    func malformedChunks() {
        let stage = GateStage()
        stage.send(Texts.wire("POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||3|xyz|"))
        #expect(stage.takeLines() == ["HTTP: POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||3|xyz|"])
        stage.send("x\r\n")
        stage.send(Texts.get)
        #expect(stage.takeLines() == ["HTTP: x|GET /a HTTP/1.1|Host: h|| (last)"])
    }

    @Test("get the decoder a bounded rest: 64 KiB and a head", arguments: [1_000, 16_384, 200_000])
    func boundedRest(pieceBytes: Int) {
        let stage = GateStage { $0.policy.maxHeaderBytes = 1_000 }
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: pieceBytes)
        var sent = 0
        while stage.isOpen, sent < 400_000 {
            stage.send(piece)
            sent += piece.count
        }
        let lines = stage.takeLines()
        #expect(lines.last == "close" && lines.count == 2)
        #expect(lines[0].utf8.count == 65_536 + 1_000 + "HTTP:  (last)".utf8.count)
    }

    @Test(
        "with a head beyond the bound go to the decoder, which has the same bound", arguments: [1, 17, 5_000])
    func largeHeads(size: Int) {
        let stage = GateStage { $0.policy.maxHeaderBytes = 100 }
        let fits = Texts.wire("GET / HTTP/1.1|Host: h|A: ") + String(repeating: "a", count: 70) + "\r\n\r\n"
        let exact = fits.replacing("aaa", with: "a", maxReplacements: 1)
        #expect(exact.utf8.count == 100)
        let bytes = Array((exact + fits).utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            stage.send(Array(bytes[start..<min(bytes.count, start + size)]))
        }
        stage.answer()
        let lines = stage.takeLines().filter { $0.hasPrefix("HTTP") }
        #expect(lines.count == 2 && !lines[0].hasSuffix(" (last)"))
        #expect(lines[1].hasSuffix(" (last)"))
    }
}
