import NIOCore
import Testing

@testable import WebServer

@Suite("Client addresses and ranges")
struct ClientAddressTests {
    @Test(
        "An address is read from its text, IPv4-mapped ones as IPv4",
        arguments: [
            ("192.0.2.1", ClientAddress.v4(0xC000_0201)),
            ("0.0.0.0", .v4(0)),
            ("::ffff:192.0.2.1", .v4(0xC000_0201)),
            ("::FFFF:c000:201", .v4(0xC000_0201)),
            ("::1", .v6(high: 0, low: 1)),
            ("2001:db8::5", .v6(high: 0x2001_0db8_0000_0000, low: 5)),
        ])
    func readsText(text: String, expected: ClientAddress) {
        #expect(ClientAddress(text) == expected)
    }

    @Test(
        "Text that is no address is refused",
        arguments: [
            "", " ", "unknown", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "1.2.3.4:80", "[::1]",
            "::1%lo", "1.2.3.4\0",
            ":::", "12345::", String(repeating: "1", count: 200),
        ])
    func refusesGarbage(text: String) {
        #expect(ClientAddress(text) == nil)
    }

    @Test(
        "A forwarded hop may carry a port, brackets and a zone",
        arguments: [
            ("192.0.2.1:8080", "192.0.2.1"), ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"),
            ("[::ffff:192.0.2.1]:1", "192.0.2.1"),
        ])
    func readsHop(hop: String, address: String) {
        #expect(ClientAddress(forwardedHop: hop) == ClientAddress(address))
        #expect(ClientAddress(address) != nil)
    }

    @Test(
        "A forwarded hop that is no address is refused",
        arguments: [
            "", "unknown", "_hidden", "[::1", "[::1]x", "[::1]:", "1.2.3.4:", "1.2.3.4:99999", "1.2.3.4:+1",
            "1.2.3.4:x", ":80",
            "\"[::1]\"",
        ])
    func refusesHop(hop: String) {
        #expect(ClientAddress(forwardedHop: hop) == nil)
    }

    @Test("IPv6 addresses of one /64 share a key, neighbours do not, and IPv4 counts singly")
    func keys() throws {
        func key(_ text: String) throws -> AddressKey { try #require(ClientAddress(text)).key }
        #expect(try key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9"))
        #expect(try key("2001:db8:1:2::1") != key("2001:db8:1:3::1"))
        #expect(try key("192.0.2.1") != key("192.0.2.2"))
        #expect(try key("192.0.2.1") == key("::ffff:192.0.2.1"))
    }

    @Test(
        "A range contains what its prefix says",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1/32", "::ffff:192.0.2.1", true), ("::ffff:10.0.0.0/104", "10.3.4.5", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::/96", "2001:db8::1:2", true), ("2001:db8::/96", "2001:db8::1:0:2", false),
            ("2001:db8::4/126", "2001:db8::7", true), ("2001:db8::4/126", "2001:db8::8", false),
            ("2001:db8:0:4::/64", "2001:db8:0:4:f::", true), ("2001:db8:0:4::/64", "2001:db8:0:5::", false),
            ("::1", "::1", true),
        ])
    func contains(range: String, address: String, expected: Bool) throws {
        let range = try #require(AddressRange(range))
        let address = try #require(ClientAddress(address))
        #expect(range.contains(address) == expected)
    }

    @Test(
        "Text that is no range is refused",
        arguments: [
            "", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "10.0.0.0/8/8", "::/129",
            "::ffff:1.2.3.4/24", "lan",
        ])
    func refusesRange(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
