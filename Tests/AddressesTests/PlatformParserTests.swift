import Addresses
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The one parser and the C library's")
struct PlatformParserTests {
    @Test("agree on texts that are nearly addresses")
    func agree() {
        var seed: UInt64 = 7
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let pieces = [
            "::", ":", ".", "0", "1", "00", "01", "255", "256", "ffff", "FFFF", "abcd", "12345", "g", "-",
            " ", "%",
            "1.2.3.4", "192.0.2.1", "1:2:3:4", ":5:6", "::ffff:",
        ]
        var addresses = 0
        for _ in 0..<50_000 {
            let text = (0..<1 + random(7)).map { _ in pieces[random(pieces.count)] }.joined()
            let expected = Self.platform(text)
            if expected != nil { addresses += 1 }
            #expect(IPAddress(text) == expected, "\(text)")
        }
        #expect(addresses > 500)
    }

    private static func platform(_ text: String) -> IPAddress? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return IPAddress(v4: UInt32(bigEndian: four.s_addr)) }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        return withUnsafeBytes(of: six) {
            IPAddress(
                v6High: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }
}
