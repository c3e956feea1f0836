import Requests
import Testing

@Suite("A connection's end at the gate")
struct GateEndTests {
    private static let get = "HTTP: GET /a HTTP/1.1|Host: h||"

    // MARK: The client ends its direction

    @Test(
        "comes with the client's end before a request is whole",
        arguments: ["", "\r\n", "GET /", "POST /ws HTTP/1"])
    func early(text: String) {
        let stage = GateStage()
        stage.send(text)
        stage.finish()
        #expect(stage.takeLines() == ["close"])
    }

    @Test("is HTTP's to see when it has no request, one that is open, or half of one")
    func seenByHTTP() {
        for text in [Texts.get, String(Texts.post.dropLast()), Texts.get + "GET /"] {
            let stage = GateStage()
            stage.send(Texts.get)
            stage.answer()
            stage.send(text == Texts.get + "GET /" ? "GET /" : text)
            _ = stage.takeLines()
            stage.finish()
            #expect(stage.isOpen && stage.takeLines() == ["end of input"])
        }
    }

    @Test("waits until the requests that came before it are answered")
    func behindRequests() {
        let stage = GateStage()
        stage.send(Texts.get + Texts.get)
        stage.finish()
        #expect(stage.takeLines() == [Self.get, "stop reading"])
        stage.answer()
        #expect(stage.takeLines() == [Self.get, "end of input"])
        stage.answer()
        #expect(stage.isOpen && stage.takeLines() == [])
    }

    @Test("reaches a session whose handshake had to wait, with all that came before")
    func behindHandshake() {
        let stage = GateStage()
        stage.send(Texts.get + Texts.handshake + "fra")
        stage.send("me")
        stage.finish()
        stage.answer()
        #expect(
            stage.takeLines() == [Self.get, "stop reading", "open session", "session: frame", "end of input"])
    }

    @Test("is a session's to see")
    func session() {
        let stage = GateStage()
        stage.send(Texts.handshake)
        stage.finish()
        #expect(stage.isOpen && stage.takeLines() == ["open session", "end of input"])
    }

    @Test("comes with the client's end behind a refusal")
    func refused() {
        let stage = GateStage()
        stage.send(Texts.wire("GET / HTTP/1.1||"))
        stage.finish()
        #expect(stage.takeLines() == ["refuse 400 bad_request", "close"])
    }

    // MARK: The relay takes it

    private func stunStage(_ change: (inout GateStage.Settings) -> Void = { _ in }) -> GateStage {
        GateStage {
            $0.policy.handsOver = true
            change(&$0)
        }
    }

    @Test("is the relay's when its first byte is STUN's", arguments: [0, 1, 3] as [UInt8])
    func stun(first: UInt8) {
        let stage = stunStage()
        stage.send([first, 65])
        let lines = stage.takeLines()
        #expect(lines == ["hand over", "relay: \(String(decoding: [first, 65], as: UTF8.self))"])
        #expect(stage.rules.input == .dropped && stage.timeLeft == nil)
    }

    @Test("is the relay's when ALPN said so, whatever comes")
    func alpn() {
        let stage = stunStage { ($0.isSecure, $0.hasAgreedOnSTUN) = (true, true) }
        stage.send(Texts.get)
        #expect(stage.takeLines() == ["hand over", "relay: GET /a HTTP/1.1|Host: h||"])
    }

    @Test("is not the relay's without a relay, for a byte of HTTP, or for a later byte")
    func noSTUN() {
        let alone = GateStage { $0.hasAgreedOnSTUN = true }
        alone.send([1, 1])
        #expect(alone.takeLines() == ["HTTP: \u{1}\u{1} (last)"])
        let other = stunStage()
        other.send([4])
        #expect(other.takeLines() == ["HTTP: \u{4} (last)"])
        let later = stunStage()
        later.send(Texts.get)
        later.answer()
        later.send([1])
        #expect(later.takeLines() == [Self.get, "HTTP: \u{1} (last)"])
    }

    @Test("waits for the socket to take what TLS has written, and keeps what comes meanwhile")
    func fullSocket() {
        let stage = stunStage { ($0.isSecure, $0.socketHasTakenAll) = (true, false) }
        stage.send([0])
        stage.send([1])
        stage.socketChanged()
        #expect(stage.takeLines() == ["stop reading", "stop reading"])
        // The relay sees it too.
        stage.finish()
        #expect(stage.isOpen && stage.held == [0, 1])
        stage.settings.socketHasTakenAll = true
        stage.socketChanged()
        #expect(stage.takeLines() == ["hand over", "relay: \u{0}\u{1}"])
    }

    // MARK: The server ends it

    @Test("comes at once on shutdown where HTTP has no byte")
    func drainFresh() {
        for text in ["", "GET /", Texts.handshake] {
            let stage = GateStage()
            stage.send(text)
            stage.drain()
            #expect(stage.takeLines().last == "close")
        }
    }

    @Test("waits on shutdown for the answer to a request, but not for ever")
    func drainHTTP() {
        let stage = GateStage()
        stage.send(Texts.get)
        stage.drain()
        #expect(stage.takeLines() == [Self.get, "close when idle"])
        stage.drain(atOnce: true)
        #expect(stage.takeLines() == ["close"])
    }

    @Test("is lingering when TLS has had the last word")
    func refusedByTLS() {
        let stage = GateStage { $0.isSecure = true }
        stage.refuseByTLS()
        stage.send(Texts.get)
        #expect(stage.rules.isLingering && stage.timeLeft == GateRules.lingerTime)
        stage.pass(.seconds(2))
        #expect(stage.takeLines() == ["linger", "dropped", "close"])
    }

    @Test("comes to the slowest when too much waits in memory")
    func slowest() {
        let stage = GateStage()
        stage.send(String(Texts.post.dropLast()))
        stage.closeAsSlowest()
        #expect(stage.takeLines().last == "close, memory")
    }

    @Test("leaves nothing to do: what is still told changes nothing")
    func over() {
        let stage = GateStage()
        stage.send(Texts.get + Texts.get)
        _ = stage.takeLines()
        stage.drain(atOnce: true)
        stage.answer()
        stage.pass(.seconds(100))
        stage.socketChanged()
        stage.finish()
        #expect(stage.takeLines() == ["close"] && stage.timeLeft == nil)
        #expect(stage.rules.caughtUp() == .nothing && stage.rules.input == .dropped)
    }
}
