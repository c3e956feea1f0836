#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An instant in milliseconds since 1970-01-01T00:00:00Z, within the years 0000 to 9999.
///
/// Expiry is always compared between values of this type, never between texts.
package struct Timestamp: Comparable, Hashable, Sendable {
    /// 0000-01-01T00:00:00.000Z.
    package static let earliest = Timestamp(unchecked: -62_167_219_200_000)

    /// 9999-12-31T23:59:59.999Z.
    package static let latest = Timestamp(unchecked: 253_402_300_799_999)

    /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
    package let millisecondsSinceEpoch: Int64

    private init(unchecked milliseconds: Int64) { millisecondsSinceEpoch = milliseconds }

    /// Takes milliseconds since 1970-01-01T00:00:00Z, clamped to ``earliest`` and ``latest``.
    package init(millisecondsSinceEpoch milliseconds: Int64) {
        let lower = Timestamp.earliest.millisecondsSinceEpoch
        let upper = Timestamp.latest.millisecondsSinceEpoch
        self.init(unchecked: min(max(milliseconds, lower), upper))
    }

    /// The wall clock. Only the outermost layer calls it; rules and stores are given the time.
    package static func now() -> Timestamp {
        Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// The instant `duration` later (earlier if negative), in whole milliseconds, clamped to the range.
    package func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (whole, tooLarge) = seconds.multipliedReportingOverflow(by: 1000)
        if tooLarge { return seconds < 0 ? .earliest : .latest }
        let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        let (result, overflow2) = millisecondsSinceEpoch.addingReportingOverflow(sum)
        if overflow || overflow2 { return seconds < 0 ? .earliest : .latest }
        return Timestamp(millisecondsSinceEpoch: result)
    }

    /// Compares instants.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }
}
