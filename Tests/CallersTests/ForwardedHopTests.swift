import Addresses
import Callers
import Testing

@testable import Callers

@Suite("Addresses of clients")
struct ForwardedHopTests {
    @Test(
        "A forwarded hop may carry a port, brackets and a zone",
        arguments: [
            ("192.0.2.1:8080", "192.0.2.1"), ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"),
            ("[::ffff:192.0.2.1]:1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
        ])
    func readsHop(hop: String, address: String) throws {
        let expected = try #require(IPAddress(address))
        #expect(IPAddress(forwardedHop: hop) == expected)
    }

    @Test(
        "A forwarded hop that is no address is refused",
        arguments: [
            "", "unknown", "_hidden", "[::1", "[::1]x", "[::1]:", "1.2.3.4:", "1.2.3.4:99999", "1.2.3.4:+1",
            "1.2.3.4:x", ":80", " ", "1.2.3", "256.1.1.1", "1.2.3.4 ", "1.2.3.4\0", ":::", "12345::",
            "\"[::1]\"", String(repeating: "1", count: 200),
        ])
    func refusesHop(hop: String) {
        #expect(IPAddress(forwardedHop: hop) == nil)
    }
}
