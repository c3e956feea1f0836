/// The ports of one relay address: free ones are drawn at random, used ones rest before they are free again.
///
/// Drawing takes the same short time however many ports are taken, and says at once when none is left. Random ports
/// are part of what an attacker off the path has to guess (RFC 8656 §7.2, RFC 6056).
struct PortPool: Sendable {
    private struct Rest: Sendable {
        let port: UInt16
        let until: Instant
    }

    private static let taken = Int32(-1)
    private static let atRest = Int32(-2)

    let range: ClosedRange<UInt16>
    private let restSeconds: UInt32
    private var free: [UInt16]
    /// By port, counted from the range's start: its place in `free`, or why it is not there.
    private var places: [Int32]
    /// In the order of their ends, because all rest equally long.
    private var resting: [Rest] = []
    private var firstResting = 0

    init(range: ClosedRange<UInt16>, restSeconds: UInt32) {
        self.range = range
        self.restSeconds = restSeconds
        free = Array(range)
        places = Array(0..<Int32(range.count))
    }

    /// Ports that could be drawn at a time.
    mutating func freeCount(at now: Instant) -> Int {
        wake(now)
        return free.count
    }

    /// Draws a port; nothing when none is free.
    mutating func draw(at now: Instant, using random: inout SecretRandom) -> UInt16? {
        wake(now)
        guard let port = free.randomElement(using: &random) else { return nil }
        take(port)
        return port
    }

    /// Draws an even port, with the next one if that is wanted too (EVEN-PORT, RFC 8656 §7.2).
    mutating func drawEven(withNext: Bool, at now: Instant, using random: inout SecretRandom) -> UInt16? {
        wake(now)
        guard let start = free.randomElement(using: &random) else { return nil }
        for candidate in [start...range.upperBound, range.lowerBound...start].joined()
        where candidate & 1 == 0 && isFree(candidate) && (!withNext || isFree(candidate &+ 1)) {
            take(candidate)
            if withNext { take(candidate &+ 1) }
            return candidate
        }
        return nil
    }

    /// Gives a port back, to rest.
    mutating func giveBack(_ port: UInt16, at now: Instant) {
        guard range.contains(port), places[Int(port - range.lowerBound)] == Self.taken else { return }
        places[Int(port - range.lowerBound)] = Self.atRest
        resting.append(Rest(port: port, until: now.advanced(bySeconds: restSeconds)))
    }

    private func isFree(_ port: UInt16) -> Bool {
        range.contains(port) && places[Int(port - range.lowerBound)] >= 0
    }

    private mutating func take(_ port: UInt16) {
        let place = Int(places[Int(port - range.lowerBound)])
        places[Int(port - range.lowerBound)] = Self.taken
        guard let last = free.popLast(), last != port else { return }
        free[place] = last
        places[Int(last - range.lowerBound)] = Int32(place)
    }

    /// Frees the ports that have rested.
    private mutating func wake(_ now: Instant) {
        while firstResting < resting.count, resting[firstResting].until <= now {
            let port = resting[firstResting].port
            places[Int(port - range.lowerBound)] = Int32(free.count)
            free.append(port)
            firstResting += 1
        }
        if firstResting > 1024, firstResting * 2 > resting.count {
            resting.removeFirst(firstResting)
            firstResting = 0
        }
    }
}
