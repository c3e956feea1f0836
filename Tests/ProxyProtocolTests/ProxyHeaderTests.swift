import Addresses
import Testing

@testable import ProxyProtocol

@Suite("PROXY header")
struct ProxyHeaderTests {
    @Test("A right header gives its addresses and says where it ends", arguments: Header.right)
    func right(_ header: Header) {
        let expected = ProxyHeader(
            source: header.source.flatMap { TransportAddress($0) },
            destination: header.destination.flatMap { TransportAddress($0) },
            byteCount: header.bytes.count)
        #expect(parse(header.bytes) == .header(expected))
        #expect(parse(header.bytes + [0x16, 0x03, 0x01]) == .header(expected))
    }

    @Test("Any part of a right header asks for more", arguments: Header.right)
    func truncated(_ header: Header) {
        for byteCount in 0..<header.bytes.count {
            #expect(parse(Array(header.bytes.prefix(byteCount))) == .needMore, "\(byteCount) bytes")
        }
    }

    @Test("A wrong header is refused", arguments: Header.wrong)
    func wrong(_ header: Header) {
        #expect(parse(header.bytes) == .malformed)
        // What it was refused for is not made good by what follows.
        #expect(parse(header.bytes + Array(repeating: 0x0D, count: 600)) == .malformed)
    }

    @Test("What could never become a header is refused with its first wrong byte")
    func early() {
        for start in [Array("PROXY ".utf8), Header.signature] {
            for index in start.indices {
                var bytes = Array(start.prefix(index + 1))
                bytes[index] ^= 0x01
                #expect(parse(bytes) == .malformed, "\(index)")
            }
        }
        for bytes in [Array("GET / HTTP/1.1\r\n".utf8), [0x16], [0x00, 0x03], [0x50, 0x52, 0x49]] {
            #expect(parse(bytes) == .malformed)
        }
    }

    @Test("Nothing is waited for beyond the longest header")
    func bounded() {
        let line = Array("PROXY UNKNOWN ".utf8) + Array(repeating: UInt8(ascii: "x"), count: 200)
        #expect(parse(Array(line.prefix(ProxyHeaderV1.maxByteCount - 1))) == .needMore)
        #expect(parse(Array(line.prefix(ProxyHeaderV1.maxByteCount))) == .malformed)
        let longest = Header.binary(0x20, 0x00, Array(repeating: 0, count: 520))
        #expect(longest.count == ProxyHeader.maxByteCount)
        #expect(parse(Array(longest.dropLast())) == .needMore)
    }

    private func parse(_ bytes: [UInt8]) -> ProxyHeader.Outcome { ProxyHeader.parse(bytes.span.bytes) }
}

/// A header with what is to be read in it.
struct Header: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    var source: String?
    var destination: String?

    static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

    static func line(_ text: String, _ source: String? = nil, _ destination: String? = nil) -> Header {
        Header(testDescription: text, bytes: Array(text.utf8), source: source, destination: destination)
    }

    static func binary(_ command: UInt8, _ family: UInt8, _ block: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? block.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + block
    }

    private static let block4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 0x04, 0x01, 0xBB]
    private static let block6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
        + [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [2] + [0xFF, 0xFF, 0, 0]
    private static let mapped6: [UInt8] =
        Array(repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 1]
        + Array(repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 2] + [0, 1, 0, 2]
    /// PP2_TYPE_AUTHORITY with "a.example".
    private static let extensionBytes: [UInt8] = [0x02, 0x00, 0x09] + Array("a.example".utf8)

    static let right: [Header] = [
        .line(
            "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "192.0.2.1:56324", "198.51.100.7:443"),
        .line(
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535",
            "255.255.255.255:65535"),
        .line("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0", "0.0.0.0:0"),
        .line("PROXY TCP6 2001:db8::1 2001:DB8::2 1 2\r\n", "[2001:db8::1]:1", "[2001:db8::2]:2"),
        .line(
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                + "65535 65535\r\n",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
        .line("PROXY TCP6 ::ffff:192.0.2.1 ::1 5 6\r\n", "192.0.2.1:5", "[::1]:6"),
        .line("PROXY UNKNOWN\r\n"),
        .line("PROXY UNKNOWN ffff:f...f:ffff 65535 whatever\r\n"),
        .line("PROXY UNKNOWN \r \n \r\n"),
        .init(
            testDescription: "v2 TCP over IPv4", bytes: binary(0x21, 0x11, block4),
            source: "192.0.2.1:56324", destination: "198.51.100.7:443"),
        .init(
            testDescription: "v2 TCP over IPv4 with an extension",
            bytes: binary(0x21, 0x11, block4 + extensionBytes),
            source: "192.0.2.1:56324", destination: "198.51.100.7:443"),
        .init(
            testDescription: "v2 TCP over IPv6", bytes: binary(0x21, 0x21, block6),
            source: "[2001:db8::1]:65535", destination: "[2001:db8::2]:0"),
        .init(
            testDescription: "v2 with mapped addresses", bytes: binary(0x21, 0x21, mapped6),
            source: "192.0.2.1:1", destination: "192.0.2.2:2"),
        .init(testDescription: "v2 LOCAL", bytes: binary(0x20, 0x00, [])),
        .init(testDescription: "v2 LOCAL with addresses", bytes: binary(0x20, 0x11, block4)),
        .init(testDescription: "v2 LOCAL of a family nobody knows", bytes: binary(0x20, 0xFF, [1, 2, 3])),
        .init(testDescription: "v2 unspecified", bytes: binary(0x21, 0x00, [])),
        .init(testDescription: "v2 unspecified with an extension", bytes: binary(0x21, 0x00, extensionBytes)),
        .init(testDescription: "v2 UDP", bytes: binary(0x21, 0x12, block4)),
        .init(
            testDescription: "v2 Unix socket", bytes: binary(0x21, 0x31, Array(repeating: 47, count: 216))),
        .init(
            testDescription: "v2 as long as can be",
            bytes: binary(0x21, 0x11, block4 + Array(repeating: 9, count: 508)),
            source: "192.0.2.1:56324", destination: "198.51.100.7:443"),
    ]

    static let wrong: [Header] =
        [
            "PROXY\r\n", "PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", "PROXY TCP4 ::1 ::2 1 2\r\n",
            "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n", "PROXY TCP6 fe80::1%eth0 ::2 1 2\r\n",
            "PROXY TCP6 [::1] ::2 1 2\r\n", "PROXY UNKNOWNS\r\n", "PROXY\tTCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.\u{0662} 1 2\r\n",
        ].map { .line($0) } + [
            .init(testDescription: "v2 of version 1", bytes: binary(0x11, 0x11, block4)),
            .init(testDescription: "v2 of version 3", bytes: binary(0x31, 0x11, block4)),
            .init(testDescription: "v2 command 2", bytes: binary(0x22, 0x11, block4)),
            .init(testDescription: "v2 family 4", bytes: binary(0x21, 0x41, block4)),
            .init(testDescription: "v2 transport 3", bytes: binary(0x21, 0x13, block4)),
            .init(testDescription: "v2 family without transport", bytes: binary(0x21, 0x10, block4)),
            .init(
                testDescription: "v2 IPv4 addresses cut short",
                bytes: binary(0x21, 0x11, Array(block4.dropLast()))),
            .init(
                testDescription: "v2 IPv6 addresses cut short",
                bytes: binary(0x21, 0x21, Array(block6.dropLast()))),
            .init(
                testDescription: "v2 Unix addresses cut short",
                bytes: binary(0x21, 0x31, Array(repeating: 47, count: 215))),
            .init(
                testDescription: "v2 longer than is read",
                bytes: binary(0x21, 0x11, block4 + Array(repeating: 0, count: 509))),
            .init(
                testDescription: "v2 LOCAL longer than is read", bytes: binary(0x20, 0, [], length: 0xFFFF)),
        ]
}
