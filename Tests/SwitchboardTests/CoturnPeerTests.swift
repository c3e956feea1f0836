import Addresses
import Foundation
import SettingFixtures
import TURN
import Testing

/// What coturn is told to deny, in deploy/coturn-start and as an offer in turn-server/turnserver.conf.
@Suite("The peers that coturn is told to deny")
struct CoturnPeerTests {
    @Test(
        "They are those of the relay's own policy",
        arguments: [("deploy/coturn-start", ""), ("turn-server/turnserver.conf", "#denied-peer-ip=")])
    func files(name: String, prefix: String) throws {
        let expected = Self.denied.map { prefix + $0 }.joined(separator: "\n")
        try GeneratedBlock("special peers", comment: "#", in: name).follows(expected)
    }

    @Test("Every special range is among them or within another one, both ends and the middle")
    func complete() throws {
        let told = try Self.denied.map { try #require(IPRange($0)) }
        #expect(SpecialAddresses.ranges.count > 30)
        for range in SpecialAddresses.ranges {
            #expect(SpecialAddresses.denial(of: range.first) != nil)
            #expect(SpecialAddresses.denial(of: range.last) != nil)
            // coturn denies :: by itself.
            for end in [range.first, range.last] where !end.isUnspecified || end.family == .ipv4 {
                #expect(told.contains { $0.contains(end) }, "\(end)")
            }
        }
        for range in told {
            #expect(SpecialAddresses.denial(of: range.first) != nil)
            #expect(SpecialAddresses.denial(of: range.last) != nil)
        }
    }

    /// The special ranges as coturn reads them, without those that lie within another one.
    private static var denied: [String] {
        let ranges = SpecialAddresses.ranges
        return ranges.filter { range in
            !ranges.contains { $0 != range && $0.contains(range.first) && $0.contains(range.last) }
        }
        .flatMap(spelled)
    }

    /// A range in the words of coturn 4.6, which takes one that begins with :: for one of all IPv4 addresses as well, and
    /// compares IPv6 addresses byte by byte: each byte must lie between those of the ends. So ::/96 is four ranges, one
    /// for each byte that may be the one that is not zero.
    private static func spelled(_ range: IPRange) -> [String] {
        guard range.first.family == .ipv6, range.first.isUnspecified else { return ["\(range)"] }
        return stride(from: UInt64(0), to: 64, by: 8)
            .map { IPAddress(v6High: 0, low: 1 << $0) }
            .filter(range.contains)
            .map { "\($0)-\(range.last)" }
    }
}
