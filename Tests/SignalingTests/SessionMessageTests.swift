import Signaling
import Testing

@Suite("A session and its client's messages")
struct SessionMessageTests {
    @Test("forwards to the peer and nobody else, and says why it does not")
    func forwarding() {
        let stage = Stage()
        let a = stage.connect("a"), b = stage.connect("b"), c = stage.connect("c")
        a.offerCandidate("early")
        #expect(a.takeReceived() == ["error not_in_room"])
        a.join("r")
        c.join("other")
        a.offerCandidate("alone")
        #expect(a.takeReceived() == ["room_joined r 1 initiator", "error peer_absent"])
        b.join("r")
        #expect(b.takeReceived() == ["room_joined r 2", "room_ready r"])
        a.send(
            .json(#"{"type":"webrtc_offer","sdp":"o"}"#),
            .json(#"{"type":"key_exchange","n":"k"}"#),
            .json(#"{"type":"ice_candidate","candidate":null}"#))
        b.send(.json(#"{"type":"webrtc_answer","sdp":"w"}"#), Client.pingMessage)
        #expect(a.takeReceived() == ["room_ready r initiator", "webrtc_answer w from b in r"])
        #expect(
            b.takeReceived() == [
                "webrtc_offer o from a in r", "key_exchange k from a in r",
                "ice_candidate null from a in r", "pong",
            ])
        #expect(c.takeReceived() == ["room_joined other 1 initiator"])
    }

    @Test(
        "answers what the scan refuses, and goes on",
        arguments: [
            (#"{"type":"ping""#, "invalid_json"), ("[]", "invalid_message"),
            (#"{"type":"no_such"}"#, "unknown_type"),
            (#"{"type":"join_room","roomId":""}"#, "invalid_room_id"),
            (#"{"type":"webrtc_offer","sdp":7}"#, "invalid_message"),
        ])
    func refused(text: String, code: String) {
        let client = Stage().connect("a")
        client.send(.json(text), Client.pingMessage)
        #expect(client.takeReceived() == ["error \(code)", "pong"])
    }

    @Test("refuses a candidate that is too large")
    func tooLarge() {
        let client = Stage().connect("a")
        client.offerCandidate("big", padding: 4_096)
        #expect(client.takeReceived() == ["error too_large"])
    }

    @Test("closes on text that is not UTF-8, but only refuses it in a binary message")
    func notUTF8() {
        let client = Stage().connect("a")
        client.send(.binary([0x22, 0xFF, 0x22]))
        #expect(client.takeReceived() == ["error invalid_json"])
        client.send(.text([0x22, 0xFF, 0x22]), Client.pingMessage)
        #expect(client.takeReceived() == ["close 1007"])
        #expect(client.ends == [.invalidPayload])
    }

    @Test("refuses one by one over the rate, answers pings, and closes at three times the rate")
    func rates() {
        let stage = Stage {
            $0.messageRate = 10
            $0.messageBurst = 2
        }
        let client = stage.connect("a")
        for _ in 0..<4 { client.send(Client.pingMessage) }
        client.send(.ping, .pong)
        #expect(
            client.takeReceived() == [
                "pong", "pong", "error rate_limited", "error rate_limited", "pong frame",
            ])
        client.send(Client.pingMessage, Client.pingMessage)
        #expect(client.takeReceived() == ["error rate_limited", "close 1008"])
        #expect(client.ends == [.flood])
    }

    @Test("closes when pings alone come at three times the rate")
    func pingFlood() {
        let client = Stage { $0.messageBurst = 1 }.connect("a")
        client.send(.ping, .ping, .ping, .ping, .ping)
        #expect(client.takeReceived() == ["pong frame", "pong frame", "pong frame", "close 1008"])
    }

    @Test("closes on text that is not UTF-8 over the rate, too")
    func notUTF8OverRate() {
        let client = Stage { $0.messageBurst = 1 }.connect("a")
        client.send(Client.pingMessage, .binary([0xFF]), .text([0xFF]))
        #expect(client.takeReceived() == ["pong", "error rate_limited", "close 1007"])
    }

    @Test("limits joins by themselves")
    func joinRate() {
        let stage = Stage { $0.joinsPerMinute = 2 }
        let client = stage.connect("a")
        client.join("r")
        client.join("r")
        client.join("r")
        client.send(Client.pingMessage)
        let joined = "room_joined r 1 initiator"
        #expect(client.takeReceived() == [joined, joined, "error rate_limited", "pong"])
        stage.pass(.seconds(30))
        client.join("r")
        #expect(client.takeReceived().last == joined)
    }

    @Test(
        "closes with the code of the broken rule",
        arguments: [
            (SessionEnd.protocolError, 1002), (.tooBig, 1009), (.invalidPayload, 1007),
        ])
    func violations(reason: SessionEnd, code: Int) {
        let stage = Stage()
        let (a, b) = stage.pair()
        a.send(.violation(reason), Client.pingMessage)
        #expect(a.takeReceived() == ["close \(code)"])
        #expect(b.takeReceived() == ["peer_disconnected"])
        #expect(a.ends == [reason])
    }

    @Test("echoes the client's close code, tells the peer at once, and closes")
    func closes() {
        let stage = Stage()
        let (a, b) = stage.pair()
        a.send(.close(1000))
        #expect(a.takeReceived() == ["close 1000", "gone"])
        #expect(b.takeReceived() == ["peer_disconnected"])
        #expect(a.ends == [.client])
        b.send(.close(nil))
        #expect(b.takeReceived() == ["close -", "gone"])
        #expect(stage.rooms.count == 0)
    }

    @Test("lingers when something came behind the close frame, for two seconds")
    func lingers() {
        let stage = Stage()
        let client = stage.connect("a")
        client.send(.close(1000), Client.pingMessage)
        client.send(Client.pingMessage)
        #expect(client.takeReceived() == ["close 1000"])
        stage.pass(.milliseconds(1_999))
        #expect(!client.isGone)
        stage.pass(.milliseconds(1))
        #expect(client.takeReceived() == ["gone"])
    }

    @Test("closes at once when the client hangs up while the session lingers")
    func hangsUpWhileLingering() {
        let client = Stage().connect("a")
        client.send(.violation(.protocolError))
        client.finish()
        #expect(client.takeReceived() == ["close 1002", "gone"])
        #expect(client.ends == [.protocolError])
    }

    @Test("tells the peer when the connection is cut, or only the client's direction ended")
    func cut() {
        let stage = Stage()
        let (a, b) = stage.pair()
        a.die()
        #expect(b.takeReceived() == ["peer_disconnected"])
        #expect(a.ends == [.client])
        b.finish()
        #expect(b.takeReceived() == ["gone"])
        #expect(b.ends == [.client])
        #expect(stage.rooms.count == 0)
    }
}
