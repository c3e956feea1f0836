import Testing

@testable import ICE

@Suite("Ports that the relay shares with the web server")
struct SharedPortsTests {
    private func urls(
        _ ports: SharedPorts, at host: String = "turn.example.org", own: [String] = ["udp", "tcp", "tls"]
    ) -> [String] {
        func port(_ transport: String, _ port: UInt16) -> UInt16? { own.contains(transport) ? port : nil }
        let listeners = ListenerPorts(
            udp: port("udp", 3_478), tcp: port("tcp", 3_478), tls: port("tls", 5_349))
        return listeners.urls(at: [host], ports).map(\.text)
    }

    @Test("URLs are those of the transports that are served, in the order in which they are to be tried")
    func served() {
        #expect(
            urls(.none, at: "2001:db8::7") == [
                "stun:[2001:db8::7]:3478", "turn:[2001:db8::7]:3478?transport=udp",
                "turn:[2001:db8::7]:3478?transport=tcp", "turns:[2001:db8::7]:5349?transport=tcp",
            ])
        #expect(
            urls(.none, at: "2001:db8::7", own: ["tcp"]) == ["turn:[2001:db8::7]:3478?transport=tcp"])
    }

    @Test("TLS on the web server's port takes the place of the relay's own")
    func secure() {
        let ports = SharedPorts(host: "0.0.0.0", plain: 8_080, tls: 443)
        #expect(
            urls(ports) == [
                "stun:turn.example.org:3478", "turn:turn.example.org:3478?transport=udp",
                "turn:turn.example.org:3478?transport=tcp", "turns:turn.example.org:443?transport=tcp",
            ])
    }

    @Test("The plain port is told of only where the relay has no TCP port of its own")
    func plain() {
        let ports = SharedPorts(host: "0.0.0.0", plain: 8_080, tls: nil)
        let expected = [
            "turn:turn.example.org:8080?transport=tcp", "turns:turn.example.org:5349?transport=tcp",
        ]
        #expect(urls(ports, own: ["tls"]) == expected)
    }

    @Test("One port may be all there is")
    func alone() {
        let ports = SharedPorts(host: "::", plain: nil, tls: 443)
        #expect(
            urls(ports, own: []) == [
                "turns:turn.example.org:443?transport=tcp"
            ])
    }

    @Test(
        "Only who can reach the web server is told of its ports",
        arguments: [
            ("0.0.0.0", "192.0.2.1", true), ("0.0.0.0", "2001:db8::1", false), ("::", "192.0.2.1", true),
            ("::", "2001:db8::1", true), ("192.0.2.1", "203.0.113.1", true),
            ("192.0.2.1", "2001:db8::1", false), ("127.0.0.1", "192.0.2.1", false),
            ("127.0.0.1", "turn.example.org", false), ("localhost", "turn.example.org", false),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "localhost", true),
            ("0.0.0.0", "turn.example.org", true), ("example.org", "192.0.2.1", true),
        ])
    func reach(host: String, told: String, expected: Bool) {
        #expect(SharedPorts(host: host, plain: 80, tls: 443).serves(told) == expected)
    }
}
