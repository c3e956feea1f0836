import Addresses
import Testing

@Suite("Networks of unmapped addresses")
struct NetworkTests {
    @Test(
        "A network contains what its prefix says",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1/32", "::ffff:192.0.2.1", true), ("::ffff:10.0.0.0/104", "10.3.4.5", true),
            ("::ffff:192.0.2.1", "192.0.2.1", true), ("::ffff:0.0.0.0/96", "203.0.113.9", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::/96", "2001:db8::1:2", true), ("2001:db8::/96", "2001:db8::1:0:2", false),
            ("2001:db8::4/126", "2001:db8::7", true), ("2001:db8::4/126", "2001:db8::8", false),
            ("2001:db8:0:4::/64", "2001:db8:0:4:f::", true), ("2001:db8:0:4::/64", "2001:db8:0:5::", false),
            ("::1", "::1", true), ("10.0.0.0/008", "10.1.1.1", true),
        ])
    func contains(network: String, address: String, expected: Bool) throws {
        let network = try #require(IPRange(network: network))
        let address = try #require(IPAddress(address)).unmapped
        #expect(network.contains(address) == expected)
    }

    @Test(
        "Text that is no network is refused",
        arguments: [
            "", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "10.0.0.0/8/8", "::/129",
            "::ffff:1.2.3.4/24", "::ffff:1.2.3.4/95", "lan", "10.0.0.1-10.0.0.9", "10.0.0.0/0008",
            "10.0.0.0/ 8",
            "10.0.0.0/256",
        ])
    func refuses(text: String) {
        #expect(IPRange(network: text) == nil)
    }
}
