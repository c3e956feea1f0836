import Addresses
import Timing

/// The use that a drawn port has had.
enum PortFate: Equatable, Sendable {
    /// No datagram has left or reached it: it is free at once.
    case unused
    /// Datagrams have. The port rests first, so that late datagrams of the old use do not reach the new one (RFC
    /// 8656 §7.2).
    case used
    /// Another program on this host has it. The port is left alone for as long as a rest, and no user pays for it.
    case busy
}

/// The ports of one relay address: free ones are drawn at random, used ones rest before they are free again.
///
/// Drawing takes the same short time however many ports are taken, and says at once when none is left. Random ports
/// are part of what an attacker off the path has to guess (RFC 8656 §7.2, RFC 6056).
///
/// The pool keeps the bills. The user that a port was drawn for pays for it until it is free again, whatever
/// happens in between. Each change also ends the rests that are over.
struct PortPool: Sendable {
    private struct Rest: Sendable {
        let port: UInt16
        let until: MonotonicTime
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
    /// Who pays for a port that is not free.
    private var payers: [UInt16: QuotaClaim] = [:]
    private(set) var bills = PortBills()

    init(range: ClosedRange<UInt16>, restSeconds: UInt32) {
        self.range = range
        self.restSeconds = restSeconds
        free = Array(range)
        places = Array(0..<Int32(range.count))
    }

    /// Ports that can be drawn; as of the last change, or of `wake`.
    var freeCount: Int { free.count }

    /// What is kept of ports that rest, those included whose rest is over.
    var restCount: Int { resting.count }

    /// Draws a port; nothing when none is free.
    mutating func draw(for payer: QuotaClaim, at now: MonotonicTime, using random: inout SecretRandom)
        -> UInt16?
    {
        wake(now)
        guard let port = free.randomElement(using: &random) else { return nil }
        takePort(port, payer)
        return port
    }

    /// Draws an even port, with the next one if that is wanted too (EVEN-PORT, RFC 8656 §7.2).
    mutating func drawEven(
        withNext: Bool, for payer: QuotaClaim, at now: MonotonicTime, using random: inout SecretRandom
    ) -> UInt16? {
        wake(now)
        guard let start = free.randomElement(using: &random) else { return nil }
        for candidate in [start...range.upperBound, range.lowerBound...start].joined()
        where candidate & 1 == 0 && isFree(candidate) && (!withNext || isFree(candidate &+ 1)) {
            takePort(candidate, payer)
            if withNext { takePort(candidate &+ 1, payer) }
            return candidate
        }
        return nil
    }

    /// Gives a port back that was drawn, its socket closed.
    mutating func giveBack(_ port: UInt16, _ fate: PortFate, at now: MonotonicTime) {
        wake(now)
        guard range.contains(port), places[Int(port - range.lowerBound)] == Self.taken else { return }
        if fate != .used { settle(port) }
        guard fate != .unused else { return release(port) }
        places[Int(port - range.lowerBound)] = Self.atRest
        resting.append(Rest(port: port, until: now.advanced(bySeconds: restSeconds)))
    }

    /// Frees the ports that have rested.
    mutating func wake(_ now: MonotonicTime) {
        while firstResting < resting.count, resting[firstResting].until <= now {
            settle(resting[firstResting].port)
            release(resting[firstResting].port)
            firstResting += 1
        }
        if firstResting == resting.count || firstResting > 1024 && firstResting * 2 > resting.count {
            resting.removeFirst(firstResting)
            firstResting = 0
        }
    }

    private func isFree(_ port: UInt16) -> Bool {
        range.contains(port) && places[Int(port - range.lowerBound)] >= 0
    }

    private mutating func takePort(_ port: UInt16, _ payer: QuotaClaim) {
        payers[port] = payer
        bills.add(payer)
        let place = Int(places[Int(port - range.lowerBound)])
        places[Int(port - range.lowerBound)] = Self.taken
        guard let last = free.popLast(), last != port else { return }
        free[place] = last
        places[Int(last - range.lowerBound)] = Int32(place)
    }

    /// Takes a port from its payer's bill, if it stands on one.
    private mutating func settle(_ port: UInt16) {
        if let payer = payers.removeValue(forKey: port) { bills.remove(payer) }
    }

    private mutating func release(_ port: UInt16) {
        places[Int(port - range.lowerBound)] = Int32(free.count)
        free.append(port)
    }
}
