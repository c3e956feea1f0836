import Pairing
import Synchronization

/// The `Date` header (RFC 9110 §5.6.7), written once a second.
final class HTTPDateCache: Sendable {
    private let latest = Mutex<(second: Int64, text: String)>((.min, ""))

    /// The header's value at an instant.
    func text(at now: Timestamp = .now()) -> String {
        let (second, _) = now.millisecondsSinceEpoch.quotientAndRemainder(dividingBy: 1_000)
        return latest.withLock { latest in
            if latest.second != second { latest = (second, Self.format(now)) }
            return latest.text
        }
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, taken from the ISO form `1994-11-06T08:49:37.000Z`.
    private static func format(_ now: Timestamp) -> String {
        let parts = now.iso8601.prefix(19).split { "-T".contains($0) }
        guard parts.count == 4, let month = Int(parts[1]), months.indices.contains(month - 1) else {
            return ""
        }
        // 1970-01-01 was a Thursday; time before it does not occur.
        let weekday = Int(max(0, now.millisecondsSinceEpoch) / 86_400_000 % 7)
        return "\(weekdays[weekday]), \(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]) GMT"
    }
}
