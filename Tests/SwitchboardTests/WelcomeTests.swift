import ICE
import Testing
import WebServer

@testable import Switchboard

@Suite("What the start prints for people")
struct WelcomeTests {
    @Test("A server on all addresses names localhost and the machine's own")
    func wildcard() {
        let welcome = Welcome(
            host: "0.0.0.0", ports: .init(plain: 8080, tls: 8443), servesPages: true,
            database: "./data/chat.db",
            turn: ["stun:192.0.2.7:3478", "turn:192.0.2.7:3478?transport=udp"].compactMap { ICEURL($0) },
            localAddresses: ["192.0.2.7", "2001:db8::1"])
        #expect(
            welcome.lines == [
                "Switchboard 0.1.0 is ready. Point a client here:",
                "  http://localhost:8080/   ws://localhost:8080/",
                "  http://192.0.2.7:8080/   ws://192.0.2.7:8080/",
                "With TLS, by a name that the certificate has:",
                "  https://localhost:8443/   wss://localhost:8443/",
                "  https://192.0.2.7:8443/   wss://192.0.2.7:8443/",
                "To try it, open this in two browsers: http://localhost:8080/demo/",
                "  from another device: http://192.0.2.7:8080/demo/ (camera and microphone need HTTPS there)",
                "Pairing is on; its database is ./data/chat.db",
                "Clients are told these STUN and TURN servers:",
                "  stun:192.0.2.7:3478", "  turn:192.0.2.7:3478?transport=udp",
            ])
    }

    @Test("An IPv6 address stands in brackets, and a server without pairing says how to turn it on")
    func ipv6() {
        let welcome = Welcome(
            host: "::1", ports: .init(plain: 9, tls: nil), servesPages: false, database: nil, turn: [],
            localAddresses: [])
        #expect(
            welcome.lines.dropFirst() == [
                "  http://[::1]:9/   ws://[::1]:9/", "Pairing is off; --use-sqlite turns it on",
                "There is no relay; USE_RELAY and TURN_URLS decide",
            ])
    }
}
