import Addresses

/// Counts the failed accepts of each address and locks out those that guess.
///
/// A pure value; time is an argument. An attempt is reserved with `begin` before the store is asked and
/// settled with `end`: reserved attempts count like failures, so attempts in flight cannot pass the limit
/// together. Only a guess counts in the end, and a success neither locks nor forgives: an attacker cannot
/// wash its failures away by accepting a code of its own.
struct AcceptGuard {
    /// May this address try now?
    enum Decision: Equatable {
        /// Yes, and `end` must follow. `isClean`: no failure of this address is remembered.
        case allowed(isClean: Bool)
        /// It is locked out for so long.
        case locked(Duration)
        /// Attempts in flight use up the failures that the address has left.
        case busy
    }

    /// The failures that still count, oldest first; at most `AcceptLimits.failures`.
    private struct Failures: Expiring {
        var times: [ContinuousClock.Instant]
        var expires: ContinuousClock.Instant
    }

    /// What an address has been locked out for. Outlives the lockout itself, so that the next is longer.
    private struct Lockout: Expiring {
        var until: ContinuousClock.Instant
        var length: Duration
        var expires: ContinuousClock.Instant
    }

    /// Addresses with failures at a time; when full, the one whose last failure is oldest is forgotten.
    /// Failures of the whole server are paced (`AcceptPace`), so filling this takes hours, not one flood.
    static var maxCountedAddresses: Int { 32_768 }
    /// Addresses with a lockout, running or remembered; when full, the one to be forgotten next is. Each
    /// costs an attacker `AcceptLimits.failures` paced failures, so pushing others out takes days.
    static var maxLockouts: Int { 32_768 }

    private let limits: AcceptLimits
    private var counted: ExpiringTable<Failures>
    private var lockouts: ExpiringTable<Lockout>
    /// Attempts begun and not ended. Bounded by what `AcceptPace` lets in and lets wait.
    private var inFlight: [AddressKey: Int] = [:]

    init(
        limits: AcceptLimits, maxCountedAddresses: Int = Self.maxCountedAddresses,
        maxLockouts: Int = Self.maxLockouts
    ) {
        self.limits = limits
        counted = ExpiringTable(capacity: maxCountedAddresses)
        lockouts = ExpiringTable(capacity: maxLockouts)
    }

    /// Reserves an attempt, or says why not.
    mutating func begin(_ key: AddressKey, now: ContinuousClock.Instant) -> Decision {
        let lockout = lockouts.value(of: key, now: now)
        if let lockout, lockout.until > now { return .locked(now.duration(to: lockout.until)) }
        let failures = recentFailures(of: key, now: now).count
        let reserved = inFlight[key, default: 0]
        guard failures + reserved < limits.failures else { return .busy }
        inFlight[key] = reserved + 1
        return .allowed(isClean: failures == 0 && lockout == nil)
    }

    /// Settles an attempt that `begin` allowed. Returns the lockout that it caused, if any.
    @discardableResult
    mutating func end(_ key: AddressKey, wasGuess: Bool, now: ContinuousClock.Instant) -> Duration? {
        if let reserved = inFlight[key] { inFlight[key] = reserved > 1 ? reserved - 1 : nil }
        guard wasGuess else { return nil }
        var times = recentFailures(of: key, now: now)
        times.append(now)
        guard times.count >= limits.failures else {
            counted.set(Failures(times: times, expires: now + limits.window), for: key, now: now)
            return nil
        }
        counted.set(Failures(times: [], expires: now), for: key, now: now)
        return lock(key, now: now)
    }

    private mutating func lock(_ key: AddressKey, now: ContinuousClock.Instant) -> Duration {
        let last = lockouts.value(of: key, now: now)
        let length = last.map { min($0.length * 2, limits.maxLockout) } ?? limits.lockout
        let until = now + length
        lockouts.set(
            Lockout(until: until, length: length, expires: until + limits.maxLockout), for: key, now: now)
        return length
    }

    private func recentFailures(of key: AddressKey, now: ContinuousClock.Instant) -> [ContinuousClock.Instant]
    {
        guard let failures = counted.value(of: key, now: now) else { return [] }
        return failures.times.filter { $0 + limits.window > now }
    }

    /// Addresses with failures, with lockouts, and with attempts in flight.
    var counts: (counted: Int, lockouts: Int, inFlight: Int) {
        (counted.count, lockouts.count, inFlight.count)
    }
}
