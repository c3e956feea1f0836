import Addresses
import Testing

@Suite("The key of limits by address")
struct AddressKeyTests {
    private func key(_ text: String) throws -> AddressKey { AddressKey(try #require(IPAddress(text))) }

    @Test("IPv6 addresses of one /64 share a key, neighbours do not, and IPv4 counts singly")
    func prefixes() throws {
        #expect(try key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9"))
        #expect(try key("2001:db8:1:2::1") != key("2001:db8:1:3::1"))
        #expect(try key("192.0.2.1") != key("192.0.2.2"))
        #expect(try key("192.0.2.1") == key("::ffff:192.0.2.1"))
    }

    @Test("Neither families nor the unknown are taken for each other")
    func kinds() throws {
        let keys = try [AddressKey.unknown, key("0.0.0.0"), key("::"), key("0.0.0.1"), key("0:0:0:1::")]
        #expect(Set(keys).count == keys.count)
        #expect(Set(keys.map { "\($0.words)" }).count == keys.count)
    }
}
