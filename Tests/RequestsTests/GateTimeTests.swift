import Requests
import Testing
import Timing

@Suite("Time at the gate")
struct GateTimeTests {
    private static let get = "HTTP: GET /a HTTP/1.1|Host: h||"

    private func stage() -> GateStage {
        GateStage {
            $0.policy.handshakeTimeout = .seconds(10)
            $0.policy.requestTimeout = .seconds(7)
            $0.policy.idleTimeout = .seconds(60)
            $0.policy.handsOver = true
        }
    }

    @Test("is up for a client that says nothing", arguments: ["", "\r\n", "GET / HT", "G"])
    func handshake(text: String) {
        let stage = stage()
        stage.pass(.seconds(9))
        stage.send(text)
        #expect(stage.isOpen && stage.timeLeft == .seconds(1))
        stage.pass(.milliseconds(999))
        #expect(stage.takeLines() == [])
        stage.pass(.milliseconds(1))
        #expect(stage.takeLines() == ["close, handshake_timeout"])
    }

    @Test("is up for a head or a body that does not end, however often something comes")
    func request() {
        for text in [Texts.get + Texts.get, Texts.post] {
            let stage = stage()
            stage.send(Texts.get)
            stage.answer()
            stage.pass(.seconds(59))
            for byte in text.utf8.dropLast(text == Texts.post ? 1 : Texts.get.utf8.count + 1) {
                stage.send([byte])
                stage.pass(.milliseconds(100))
            }
            stage.pass(.seconds(7))
            #expect(stage.takeLines().last == "close, request_timeout")
        }
    }

    @Test("begins anew with each request, at its first byte")
    func requests() {
        let stage = stage()
        for _ in 0..<5 {
            stage.send("G")
            stage.pass(.seconds(6))
            stage.send(String(Texts.get.dropFirst()))
            #expect(stage.timeLeft == .seconds(30))
            stage.pass(.seconds(29))
            stage.answer()
            #expect(stage.timeLeft == .seconds(60))
            stage.pass(.seconds(59))
        }
        #expect(stage.takeLines() == [String](repeating: Self.get, count: 5))
        stage.pass(.seconds(1))
        #expect(stage.takeLines() == ["close, idle_timeout"])
    }

    @Test("begins with the empty line in front of a request on a connection that has been used")
    func emptyLine() {
        let stage = stage()
        stage.send(Texts.get)
        stage.answer()
        stage.send("\r\n")
        #expect(stage.timeLeft == .seconds(7) && stage.held == [])
        stage.pass(.seconds(7))
        #expect(stage.takeLines().last == "close, request_timeout")
    }

    @Test("is up for an answer that is not written, also while requests wait behind it")
    func response() {
        let stage = stage()
        stage.send(Texts.get + Texts.get)
        stage.pass(.seconds(30))
        #expect(stage.takeLines() == [Self.get, "stop reading", "close, response_timeout"])
    }

    @Test(
        "goes on for the rest of a request that was answered early, and for one that is only read to be dropped"
    )
    func early() {
        let stage = stage()
        stage.send(String(Texts.post.dropLast()))
        stage.answer()
        #expect(stage.timeLeft == .seconds(7))
        stage.httpLingers()
        #expect(stage.timeLeft == GateRules.lingerTime)
        stage.pass(.seconds(2))
        #expect(stage.takeLines().last == "close, linger_timeout")
    }

    @Test("is not for a session")
    func session() {
        let stage = stage()
        stage.send(Texts.handshake)
        stage.pass(.seconds(100_000))
        #expect(stage.isOpen && stage.takeLines() == ["open session"])
    }

    @Test("is short behind a refusal, and nothing prolongs it")
    func lingering() {
        let stage = stage()
        stage.send(Texts.wire("CONNECT h:1 HTTP/1.1|Host: h||"))
        stage.pass(.seconds(1))
        stage.send(Texts.get)
        #expect(stage.timeLeft == .seconds(1))
        stage.pass(.seconds(1))
        #expect(stage.takeLines() == ["refuse 404 not_found", "dropped", "close"])
    }

    @Test("is up for a connection of the relay whose socket takes nothing")
    func handingOver() {
        let stage = stage()
        stage.settings.socketHasTakenAll = false
        stage.send([0, 1])
        stage.pass(.seconds(10))
        #expect(stage.takeLines() == ["stop reading", "close, handshake_timeout"])
    }

    @Test("since when a client has been behind is the beginning of what it is at")
    func behind() {
        let stage = stage()
        let start = stage.now
        stage.pass(.seconds(3))
        #expect(stage.rules.behindSince == start)
        stage.send(Texts.get)
        #expect(stage.rules.behindSince == start + .seconds(3))
    }
}
