import Addresses
import Callers
import Synchronization

/// Stands before calls that tell whether a code lives, one gate for accepts and one for creates: `AcceptGuard`
/// for the address and `AcceptPace` for the whole server, for many threads. The store is asked between `begin`
/// and `end` only.
///
/// What counts as a guess is the caller's decision; see `PairingRoutes`. Local callers are exempt from both
/// and cause no failures: they are the operator, tests and benchmarks. Waiting happens without a thread and
/// ends after `maxWait` (default 5 s) at the latest.
final class AcceptGate: Sendable {
    /// Why an accept was not let through.
    enum Refusal: Error, Equatable {
        /// The address is locked out for so long.
        case locked(Duration)
        /// The address has as many attempts in flight as it has failures left.
        case busy
        /// The server-wide guard: the queue is full or the wait was over.
        case paced(Duration)

        /// When to try again.
        var retryAfter: Duration {
            switch self {
            case .locked(let duration), .paced(let duration): duration
            case .busy: .seconds(1)
            }
        }
    }

    /// An attempt that was let through; `end` settles it.
    struct Attempt: Sendable {
        fileprivate let key: AddressKey?
    }

    private enum Admission: Sendable {
        case proceed
        case refuse(Duration)
    }

    private struct State {
        var addresses: AcceptGuard
        var pace: AcceptPace
        var waiters: [AcceptPace.Ticket: CheckedContinuation<Admission, Never>] = [:]
        /// Whether a task runs that releases waiters when their time comes.
        var isTiming = false
    }

    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    /// - Parameter now: tells the time; a test's own may stand still.
    init(
        limits: AcceptLimits, maxWait: Duration = AcceptPace.defaultMaxWait,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.now = now
        let pace = AcceptPace(failuresPerMinute: limits.failuresPerMinuteOfAll, maxWait: maxWait, now: now())
        state = Mutex(State(addresses: AcceptGuard(limits: limits), pace: pace))
    }

    /// Reserves an attempt, waiting for the server-wide guard if it is active. Call `end` exactly once.
    func begin(_ origin: ClientOrigin) async throws(Refusal) -> Attempt {
        if origin.isLocal { return Attempt(key: nil) }
        let isClean: Bool
        switch state.withLock({ $0.addresses.begin(origin.key, now: now()) }) {
        case .allowed(let clean): isClean = clean
        case .locked(let duration): throw .locked(duration)
        case .busy: throw .busy
        }
        switch await admission(isClean: isClean) {
        case .proceed: return Attempt(key: origin.key)
        case .refuse(let duration):
            _ = state.withLock { $0.addresses.end(origin.key, wasGuess: false, now: now()) }
            throw .paced(duration)
        }
    }

    /// Settles an attempt. Returns the lockout that a guess caused for its address, if any.
    @discardableResult
    func end(_ attempt: Attempt, wasGuess: Bool) -> Duration? {
        guard let key = attempt.key else { return nil }
        let lockout = state.withLock { state in
            let now = now()
            if !wasGuess { state.pace.refund(now: now) }
            return state.addresses.end(key, wasGuess: wasGuess, now: now)
        }
        if !wasGuess { releaseWaiters() }
        return lockout
    }

    private func admission(isClean: Bool) async -> Admission {
        await withCheckedContinuation { continuation in
            let (admission, startsTimer): (Admission?, Bool) = state.withLock { state in
                switch state.pace.enter(isClean: isClean, now: now()) {
                case .proceed: return (.proceed, false)
                case .refuse(let duration): return (.refuse(duration), false)
                case .wait(let ticket):
                    state.waiters[ticket] = continuation
                    defer { state.isTiming = true }
                    return (nil, !state.isTiming)
                }
            }
            if let admission { continuation.resume(returning: admission) }
            if startsTimer { Task { await self.releaseUntilNobodyWaits() } }
        }
    }

    private func releaseUntilNobodyWaits() async {
        while let next = nextRelease() {
            // This task is never cancelled. If sleeping fails anyway, the loop only runs again sooner.
            try? await Task.sleep(until: next, clock: .continuous)
            releaseWaiters()
        }
    }

    private func nextRelease() -> ContinuousClock.Instant? {
        state.withLock { state in
            let next = state.pace.nextRelease(now: now())
            if next == nil { state.isTiming = false }
            return next
        }
    }

    /// Resumes those whose wait is over, outside the lock.
    private func releaseWaiters() {
        let due = state.withLock { state in
            let (proceed, refuse) = state.pace.releaseDue(now: now())
            let admitted = proceed.compactMap { state.waiters.removeValue(forKey: $0) }
            let refused = refuse.compactMap { state.waiters.removeValue(forKey: $0) }
            return (admitted: admitted, refused: refused, retryAfter: state.pace.maxWait)
        }
        for waiter in due.admitted { waiter.resume(returning: .proceed) }
        for waiter in due.refused { waiter.resume(returning: .refuse(due.retryAfter)) }
    }

    /// Attempts that wait for the server-wide guard.
    var waiting: Int { state.withLock { $0.pace.waiting } }
}
