import Testing

@testable import ICE

@Suite("URLs of ICE servers")
struct ICEURLTests {
    @Test(
        "have a scheme, a host, perhaps a port, and for TURN perhaps a transport",
        arguments: [
            ("stun:a", true), ("stun:a.example.org:3478", true), ("turn:192.0.2.1:3478?transport=udp", true),
            ("turns:[2001:db8::1]:5349?transport=tcp", true), ("TURN:a", true), ("stun:[::1]", true),
            ("stun:", false), ("http://a", false), ("a", false), ("stun:a:0", false), ("stun:a:x", false),
            ("stun:a?transport=udp", false), ("turn:a?transport=sctp", false), ("stun:2001:db8::1", false),
            ("turn:a b", false), ("turn://a", false), ("stun:[192.0.2.1]", false),
            ("turn:a?", false), ("turn:a?transport=", false), ("turn:a?transport=udp&b", false),
            ("turn:a:", false), ("turn:a:+1", false), ("turn:a:65536", false), ("turn:[::1]1", false),
        ])
    func syntax(text: String, isURL: Bool) {
        #expect((ICEURL(text) != nil) == isURL)
    }

    @Test("An IPv6 address stands in brackets")
    func brackets() {
        let url = ICEURL(scheme: "turn", host: "2001:db8::1", port: 3_478, transport: "tcp")
        #expect(url.text == "turn:[2001:db8::1]:3478?transport=tcp")
        #expect(ICEURL(url.text) == url)
    }

    @Test(
        "say where the server is: what they leave out is the scheme's",
        arguments: [
            ("stun:a.example", "stun", "a.example", 3_478, .udp),
            ("stuns:a.example", "stuns", "a.example", 5_349, .tcp),
            ("TURN:a.example:99", "turn", "a.example", 99, .udp),
            ("turn:192.0.2.1?transport=tcp", "turn", "192.0.2.1", 3_478, .tcp),
            ("turns:a.example", "turns", "a.example", 5_349, .tcp),
            ("turns:a.example?transport=udp", "turns", "a.example", 5_349, .udp),
            ("turn:[2001:db8::1]", "turn", "2001:db8::1", 3_478, .udp),
            ("turn:[2001:db8::1]:443?transport=tcp", "turn", "2001:db8::1", 443, .tcp),
        ] as [(String, String, String, UInt16, ICEURL.Transport)])
    func parts(text: String, scheme: String, host: String, port: UInt16, transport: ICEURL.Transport) throws {
        let url = try #require(ICEURL(text))
        #expect(url.scheme == scheme && url.host == host && url.port == port && url.transport == transport)
        #expect(url.text == text)
    }

    @Test("Those of a server of our own are the same when read", arguments: ["udp", "tcp", nil])
    func own(transport: String?) {
        for host in ["a.example", "192.0.2.1", "2001:db8::1"] {
            let url = ICEURL(
                scheme: transport == nil ? "stuns" : "turns", host: host, port: 5_349, transport: transport)
            #expect(ICEURL(url.text) == url)
        }
    }
}
