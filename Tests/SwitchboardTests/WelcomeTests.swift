import Testing

@testable import Switchboard

@Suite("What the start prints for people")
struct WelcomeTests {
    @Test("A server on all addresses names localhost and the machine's own")
    func wildcard() {
        let welcome = Welcome(
            host: "0.0.0.0", port: 8080, database: "./data/chat.db",
            localAddresses: ["192.0.2.7", "2001:db8::1"])
        #expect(
            welcome.lines == [
                "Switchboard 0.1.0 is ready. Point a client here:",
                "  http://localhost:8080/   ws://localhost:8080/",
                "  http://192.0.2.7:8080/   ws://192.0.2.7:8080/",
                "Pairing is on; its database is ./data/chat.db",
            ])
    }

    @Test("An IPv6 address stands in brackets, and a server without pairing says how to turn it on")
    func ipv6() {
        let welcome = Welcome(host: "::1", port: 9, database: nil, localAddresses: [])
        #expect(
            welcome.lines.dropFirst() == [
                "  http://[::1]:9/   ws://[::1]:9/", "Pairing is off; --use-sqlite turns it on",
            ])
    }
}
