import DequeModule

/// Keeps the failed accepts of the whole server below a rate, however many addresses guess.
///
/// A pure value; time is an argument. There are as many credits as failures allowed per minute, and the same number
/// comes back each minute, evenly. Every attempt holds one credit while the store is asked. The credit is returned
/// unless the attempt was a guess. While credits last, attempts are not delayed. When guesses have used them up,
/// attempts wait in a bounded queue for the next credit: an attacker with any number of addresses gets at most one
/// minute's failures at once and the rate after that.
///
/// Addresses without a remembered failure are served first and have the longer queue, so a person who
/// types a right code during an attack waits about one credit's time, while addresses that have guessed
/// share what is left.
struct AcceptPace {
    /// Names one waiting attempt.
    typealias Ticket = UInt64

    enum Decision: Equatable {
        /// Go on. `refund` must follow unless the attempt turns out to be a guess.
        case proceed
        /// Wait until `releaseDue` names the ticket, at most `maxWait`.
        case wait(Ticket)
        /// The queue is full; try again after so long.
        case refuse(Duration)
    }

    private struct Waiter {
        let ticket: Ticket
        let since: ContinuousClock.Instant
    }

    /// Attempts of clean addresses that wait at a time. A full queue refuses.
    static var maxCleanWaiting: Int { 256 }
    /// Attempts of addresses with failures that wait at a time.
    static var maxOtherWaiting: Int { 32 }
    /// The longest wait unless a test says otherwise: shorter than any client's own deadline.
    static var defaultMaxWait: Duration { .seconds(5) }

    /// The longest wait; after it the attempt is refused.
    let maxWait: Duration
    private let capacity: Double
    private let creditsPerSecond: Double
    private var credits: Double
    private var refilled: ContinuousClock.Instant
    private var nextTicket: Ticket = 0
    private var clean = Deque<Waiter>()
    private var others = Deque<Waiter>()

    init(
        failuresPerMinute: Int, maxWait: Duration = Self.defaultMaxWait, now: ContinuousClock.Instant
    ) {
        self.maxWait = maxWait
        capacity = Double(max(1, failuresPerMinute))
        creditsPerSecond = capacity / 60
        credits = capacity
        refilled = now
    }

    /// Attempts that wait.
    var waiting: Int { clean.count + others.count }

    /// Asks for a credit.
    mutating func enter(isClean: Bool, now: ContinuousClock.Instant) -> Decision {
        refill(now)
        if waiting == 0, credits >= 1 {
            credits -= 1
            return .proceed
        }
        guard isClean ? clean.count < Self.maxCleanWaiting : others.count < Self.maxOtherWaiting else {
            return .refuse(maxWait)
        }
        nextTicket += 1
        let waiter = Waiter(ticket: nextTicket, since: now)
        if isClean { clean.append(waiter) } else { others.append(waiter) }
        return .wait(nextTicket)
    }

    /// Returns the credit of an attempt that was no guess.
    mutating func refund(now: ContinuousClock.Instant) {
        refill(now)
        credits = min(capacity, credits + 1)
    }

    /// The attempts whose wait is over: those that hold a credit now, and those that waited too long.
    mutating func releaseDue(now: ContinuousClock.Instant) -> (proceed: [Ticket], refuse: [Ticket]) {
        refill(now)
        var proceed: [Ticket] = []
        while credits >= 1, let next = clean.popFirst() ?? others.popFirst() {
            credits -= 1
            proceed.append(next.ticket)
        }
        var refuse: [Ticket] = []
        while let first = clean.first, first.since + maxWait <= now {
            refuse.append(first.ticket)
            clean.removeFirst()
        }
        while let first = others.first, first.since + maxWait <= now {
            refuse.append(first.ticket)
            others.removeFirst()
        }
        return (proceed, refuse)
    }

    /// When `releaseDue` must be called again if no credit is refunded before; nil while no attempt waits.
    func nextRelease(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard waiting > 0 else { return nil }
        let elapsed = refilled.duration(to: now) / .seconds(1)
        let missing = max(0, 1 - credits - elapsed * creditsPerSecond)
        let credit = now + .seconds(missing / creditsPerSecond) + .milliseconds(1)
        let deadlines = [clean.first, others.first].compactMap { $0.map { $0.since + maxWait } }
        return deadlines.reduce(credit, min)
    }

    private mutating func refill(_ now: ContinuousClock.Instant) {
        guard now > refilled else { return }
        credits = min(capacity, credits + refilled.duration(to: now) / .seconds(1) * creditsPerSecond)
        refilled = now
    }
}
