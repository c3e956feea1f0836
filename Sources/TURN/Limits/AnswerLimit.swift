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
        /// Without any answer in an unused place, which therefore counts as quiet for longest.
        var limit = RateLimit()
    }

    private static let groups = 512
    private static let placesInGroup = 8

    private let places: UnsafeMutablePointer<Place>
    /// Nil is no limit.
    private let rule: RateLimit.Rule?

    /// `perSecond` answers an address in the long run, `burst` at once; 0 a second is no limit.
    init(perSecond: Int, burst: Int) {
        rule = perSecond > 0 ? RateLimit.Rule(perSecond: Double(perSecond), burst: burst) : nil
        places = .allocate(capacity: Self.groups * Self.placesInGroup)
        places.initialize(repeating: Place(), count: Self.groups * Self.placesInGroup)
    }

    deinit { places.deallocate() }

    /// Whether an address may have one more answer now; if so it is counted.
    mutating func admits(_ ip: IPAddress, _ hash: AddressHash, at now: MonotonicTime) -> Bool {
        guard let rule else { return true }
        let key = AddressKey(ip).words
        let group = places + Int(hash.hash(key)) % Self.groups * Self.placesInGroup
        var chosen = 0
        for place in 0..<Self.placesInGroup {
            if group[place].limit.isUsed, group[place].key == key {
                return group[place].limit.allows(rule, at: now)
            }
            if group[place].limit.isQuieter(than: group[chosen].limit) { chosen = place }
        }
        group[chosen] = Place(key: key)
        return group[chosen].limit.allows(rule, at: now)
    }
}
