import Addresses
import Testing

@Suite("A host and its port")
struct AuthorityTests {
    @Test(
        "are read apart",
        arguments: [
            ("h", "h", nil), ("h:", "h", nil), ("h:0", "h", 0), ("a_b-c.D:65535", "a_b-c.D", 65_535),
            ("192.0.2.1:80", "192.0.2.1", 80), ("[2001:db8::1]", "[2001:db8::1]", nil),
            ("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.1]", 1),
        ] as [(String, String, UInt16?)])
    func parts(text: String, host: String, port: UInt16?) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host == host)
        #expect(authority.port == port)
    }

    @Test(
        "are this machine's only if no resolver has a say",
        arguments: [
            ("localhost", true), ("LocalHost:8080", true), ("127.0.0.1", true), ("127.255.0.3:1", true),
            ("[::1]", true), ("[0:0:0:0:0:0:0:1]:80", true), ("[::ffff:127.0.0.1]", true),
            ("rebind.example", false), ("localhost.example", false), ("a.localhost", false),
            ("localhost.", false),
            ("127.0.0.1.example", false), ("127.1", false), ("0.0.0.0", false), ("[::]", false),
            ("192.0.2.1", false), ("0x7f000001", false), ("2130706433", false),
        ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try #require(Authority(text)).isLoopback == expected)
    }
}
