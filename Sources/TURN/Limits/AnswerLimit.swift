import Addresses
import Timing

/// How many unsigned answers an address gets for requests with one kind of proof (``AnswerLimits`` has one of these for
/// each).
///
/// A bounded table of the addresses seen last. Each group of addresses has eight places, and the address that has
/// been quiet for longest is replaced. There is one per loop, so that no packet waits for another thread.
struct AnswerLimit: ~Copyable {
    private struct Place: BitwiseCopyable {
        var key: (UInt64, UInt64) = (0, 0)
        /// Up to when its answers are accounted for, in nanoseconds (GCRA); 0 is an unused place.
        var accounted: Int64 = 0
    }

    private static let groups = 512
    private static let placesInGroup = 8

    private let places: UnsafeMutablePointer<Place>
    private let interval: Int64
    private let tolerance: Int64

    /// `perSecond` answers an address in the long run, `burst` at once; 0 a second is no limit.
    init(perSecond: Int, burst: Int) {
        interval = perSecond > 0 ? 1_000_000_000 / Int64(perSecond) : 0
        tolerance = interval * Int64(max(burst, 1))
        places = .allocate(capacity: Self.groups * Self.placesInGroup)
        places.initialize(repeating: Place(), count: Self.groups * Self.placesInGroup)
    }

    deinit { places.deallocate() }

    /// Whether an address may have one more answer now; if so it is counted.
    mutating func admits(_ ip: IPAddress, _ hash: AddressHash, at now: MonotonicTime) -> Bool {
        guard interval > 0 else { return true }
        let key = AddressKey(ip).words
        let group = places + Int(hash.hash(key)) % Self.groups * Self.placesInGroup
        var chosen = 0
        for place in 0..<Self.placesInGroup {
            if group[place].accounted != 0, group[place].key == key {
                return charge(&group[place], at: now)
            }
            if group[place].accounted < group[chosen].accounted { chosen = place }
        }
        group[chosen] = Place(key: key, accounted: now.nanoseconds)
        return charge(&group[chosen], at: now)
    }

    private func charge(_ place: inout Place, at now: MonotonicTime) -> Bool {
        let next = max(place.accounted, now.nanoseconds) + interval
        guard next - now.nanoseconds <= tolerance else { return false }
        place.accounted = next
        return true
    }
}
