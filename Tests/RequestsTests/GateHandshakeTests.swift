import Requests
import Testing

@Suite("A handshake at the gate")
struct GateHandshakeTests {
    @Test("becomes a session on a fresh connection, which gets what came behind it")
    func fresh() {
        let stage = GateStage()
        stage.send(Texts.handshake + "frame")
        stage.send("s")
        #expect(stage.takeLines() == ["open session", "session: frames"])
        #expect(stage.timeLeft == nil && stage.http == nil)
    }

    @Test("may come byte by byte")
    func bytes() {
        let stage = GateStage()
        for byte in Texts.handshake.utf8.dropLast() { stage.send([byte]) }
        #expect(stage.takeLines() == [])
        stage.send("\n")
        #expect(stage.takeLines() == ["open session"])
    }

    @Test("may come behind empty lines")
    func emptyLines() {
        let stage = GateStage()
        stage.send("\r\n\n")
        stage.send("\r\n" + Texts.handshake)
        #expect(stage.takeLines() == ["open session"])
    }

    @Test("may be a later request of a connection, which HTTP leaves then")
    func later() {
        let stage = GateStage()
        stage.send(Texts.get)
        stage.answer()
        stage.send(Texts.handshake)
        stage.send("frame")
        #expect(stage.takeLines() == ["HTTP: GET /a HTTP/1.1|Host: h||", "open session", "session: frame"])
        #expect(stage.timeLeft == nil)
    }

    @Test("waits for the answer to the request before it, and so does what comes behind it")
    func pipelined() {
        let stage = GateStage()
        stage.send(Texts.post + Texts.handshake + "fra")
        #expect(
            stage.takeLines() == ["HTTP: POST /b HTTP/1.1|Host: h|Content-Length: 3||abc", "stop reading"])
        stage.send("me")
        #expect(stage.takeLines() == [])
        stage.answer()
        #expect(stage.takeLines() == ["open session", "session: fra", "read again", "session: me"])
    }

    @Test("is refused with its reason, and nothing more is taken")
    func refused() {
        let stage = GateStage()
        stage.send(Texts.handshake.replacing("13", with: "8") + "frame")
        stage.send(Texts.handshake)
        #expect(
            stage.takeLines() == ["refuse 426 unsupported_version, Sec-WebSocket-Version: 13", "dropped"])
        #expect(stage.rules.isLingering && stage.timeLeft == GateRules.lingerTime)
    }

    @Test("of a page that may not connect is refused")
    func origins() {
        let stage = GateStage { $0.policy.allowedOrigins = AllowedOrigins(["https://a.example"]) }
        stage.send(Texts.handshake("Host: h|Origin: https://b.example|"))
        #expect(stage.takeLines() == ["refuse 403 origin_not_allowed"])
        let other = GateStage { $0.policy.allowedOrigins = AllowedOrigins(["https://a.example"]) }
        other.send(Texts.handshake("Host: h|Origin: https://a.example|"))
        #expect(other.takeLines() == ["open session"])
    }

    @Test("is refused where there is no room for a session")
    func noRoom() {
        let draining = GateStage { ($0.isDraining, $0.hasTooManyConnections) = (true, true) }
        draining.send(Texts.handshake + "frame")
        #expect(draining.takeLines() == ["refuse 503 draining, Retry-After: 5"])
        let crowded = GateStage { $0.hasTooManyConnections = true }
        crowded.send(Texts.handshake)
        #expect(crowded.takeLines() == ["refuse 429 rate_limited, Retry-After: 60"])
        #expect(crowded.held == [] && crowded.rules.isLingering)
        // Only sessions need room.
        crowded.pass(.seconds(2))
        #expect(crowded.takeLines() == ["close"])
        let http = GateStage { ($0.isDraining, $0.hasTooManyConnections) = (true, true) }
        http.send(Texts.get)
        #expect(http.takeLines() == ["HTTP: GET /a HTTP/1.1|Host: h||"])
    }

    @Test("is for two paths; others lead to HTTP, which does not see the upgrade")
    func otherPaths() {
        let stage = GateStage()
        stage.send(Texts.handshake(target: "/api/rooms", "Host: h|UPGRADE: h2c|"))
        #expect(
            stage.takeLines() == [
                "HTTP: GET /api/rooms HTTP/1.1|Host: h|x-noted: h2c|x-noted: websocket|Connection: Upgrade|"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|Sec-WebSocket-Version: 13||"
            ])
    }

    @Test("is redirected where TLS is demanded, to the host that is asked for")
    func redirected() {
        let stage = GateStage { $0.redirectPort = 8443 }
        stage.send(Texts.handshake)
        #expect(stage.takeLines() == ["refuse 308 https_only, Location: https://h:8443/ws"])
    }

    @Test("that is refused by its own rules is not redirected")
    func refusedBeforeRedirected() {
        let stage = GateStage { $0.redirectPort = 443 }
        stage.send(Texts.handshake.replacing("13", with: "8"))
        #expect(stage.takeLines() == ["refuse 426 unsupported_version, Sec-WebSocket-Version: 13"])
    }
}

extension Texts {
    fileprivate static func handshake(_ fields: String) -> String { handshake(target: "/ws", fields) }
}
