import Addresses
import Testing

@Suite("Addresses as text")
struct IPAddressTests {
    @Test(
        "are read and written in their shortest form",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.1", "192.0.2.1"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::FFFF:c000:201", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("fe80:0000::0001", "fe80::1"), ("0:0:0:0:0:0:0:0", "::"), ("1:0:0:0:0:0:0:0", "1::"),
        ])
    func roundTrip(text: String, written: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == written)
        #expect(IPAddress(written) == address)
    }

    @Test(
        "are refused when they are anything else",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4 ",
            "+1.2.3.4",
            "1.2.3.0x4", "1.2.3.4444", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "::1::",
            "1::2::3", "12345::", "g::", "fe80::1%eth0", "[::1]", "::1.2.3", "::1.2.3.4.5", "1.2.3.4::",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "::-1", "1:2:3:4:5:6:7::8",
            "localhost",
            "1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:0:1:2:3:4:5:6:7:8", "\u{FF11}.2.3.4",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("know what is unspecified or loopback")
    func kinds() {
        #expect(IPAddress("0.0.0.0")?.isUnspecified == true)
        #expect(IPAddress("::")?.isUnspecified == true)
        #expect(IPAddress("::1")?.isUnspecified == false)
        for text in ["127.0.0.1", "127.255.0.9", "::1"] { #expect(IPAddress(text)?.isLoopback == true) }
        for text in ["128.0.0.1", "126.0.0.1", "::", "::2", "1::1", "::7f00:1"] {
            #expect(IPAddress(text)?.isLoopback == false)
        }
    }

    @Test(
        "stand with a port",
        arguments: ["192.0.2.1:0", "192.0.2.1:65535", "[2001:db8::1]:3478", "[::ffff:1.2.3.4]:80"])
    func transportAddress(text: String) {
        #expect(TransportAddress(text)?.description == text)
    }

    @Test(
        "are refused with a port that is none, or without their brackets",
        arguments: [
            "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1", "192.0.2.1: 1",
            "::1:80",
            "[::1]", "[::1]:", "[192.0.2.1]:80", "[]:80", "[::1:80", "::1]:80", ":80", "192.0.2.1:000001",
        ])
    func refusedTransportAddress(text: String) {
        #expect(TransportAddress(text) == nil)
    }
}

@Suite("Ranges of addresses")
struct IPRangeTests {
    @Test(
        "are read as an address, a network or two addresses",
        arguments: [
            ("192.0.2.1", "192.0.2.1", "192.0.2.1"), ("10.1.2.3/8", "10.0.0.0", "10.255.255.255"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"), ("1.2.3.4/32", "1.2.3.4", "1.2.3.4"),
            ("10.0.0.9-10.0.1.1", "10.0.0.9", "10.0.1.1"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fe80::1/64", "fe80::", "fe80::ffff:ffff:ffff:ffff"), ("::1/128", "::1", "::1"),
            ("2001:db8::ff00/120", "2001:db8::ff00", "2001:db8::ffff"),
            ("64:ff9b::/96", "64:ff9b::", "64:ff9b::ffff:ffff"),
            ("8000::/1", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("::1-::2", "::1", "::2"),
        ])
    func text(text: String, first: String, last: String) throws {
        let range = try #require(IPRange(text))
        #expect(range.first.description == first)
        #expect(range.last.description == last)
        #expect(IPRange(range.description) == range)
        #expect(range.contains(range.first) && range.contains(range.last))
    }

    @Test(
        "are refused when they are none",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.2-10.0.0.1",
            "1.2.3.4-::1",
            "1.2.3.4-", "-1.2.3.4", "1.2.3.4/8/9", "1.2.3.4-1.2.3.5-1.2.3.6", "10.0.0.0/255.0.0.0",
            "10.0.0.0/ 8",
        ])
    func refused(text: String) {
        #expect(IPRange(text) == nil)
    }

    @Test("compare addresses as numbers, not byte by byte")
    func order() throws {
        let range = try #require(IPRange("2001:db8:0:ff::-2001:db8:1:10::"))
        for (text, inside) in [
            ("2001:db8:0:ff::", true), ("2001:db8:1::ffff", true), ("2001:db8:1:10::", true),
            ("2001:db8:1:10::1", false),
            ("2001:db8:0:fe:ffff:ffff:ffff:ffff", false), ("2001:db8:1:11::", false),
        ] {
            let address = try #require(IPAddress(text))
            #expect(range.contains(address) == inside)
        }
    }

    @Test("hold no address of the other family")
    func families() throws {
        let all = try #require(IPRange("::/0"))
        let allIPv4 = try #require(IPRange("0.0.0.0/0"))
        #expect(!all.contains(IPAddress(v4: 1)))
        #expect(!allIPv4.contains(IPAddress(v6High: 0, low: 1)))
    }
}
