import Synchronization

/// Asks a part of the server whether it works, with a deadline. However often it is asked, one question is under
/// way at a time and an answer serves for a while: readiness is public, and a check of the store writes.
final class HealthCheck: Sendable {
    private struct State {
        var isAsking = false
        var answer: (isHealthy: Bool, at: ContinuousClock.Instant)?
        var nextWaiter: UInt64 = 0
        /// Bounded by the connections, each of which waits for one answer at most.
        var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    }

    /// Who is unwell is soon asked again.
    private static let failureFreshFor = Duration.seconds(1)

    private let question: @Sendable () async -> Bool
    private let timeout: Duration
    private let freshFor: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameters:
    ///   - timeout: how long a caller waits for the answer.
    ///   - freshFor: how long an answer serves that all is well.
    ///   - now: tells the time by which answers age; a test's own may stand still.
    ///   - question: whether the part works.
    init(
        timeout: Duration, freshFor: Duration = .seconds(1),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        _ question: @escaping @Sendable () async -> Bool
    ) {
        self.now = now
        self.question = question
        self.timeout = timeout
        self.freshFor = freshFor
    }

    /// Whether the answer was yes and came within the timeout. A question that is late is not asked again before it is
    /// answered, so a part that hangs is asked once.
    func isHealthy() async -> Bool {
        await withCheckedContinuation { continuation in
            let now = now()
            let (known, waiter, asks): (Bool?, UInt64, Bool) = state.withLock { state in
                if let answer = state.answer,
                    now < answer.at + (answer.isHealthy ? freshFor : Self.failureFreshFor)
                {
                    return (answer.isHealthy, 0, false)
                }
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = continuation
                defer { state.isAsking = true }
                return (nil, state.nextWaiter, !state.isAsking)
            }
            if let known { return continuation.resume(returning: known) }
            if asks { Task { await ask() } }
            Task {
                try? await Task.sleep(for: timeout)
                state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume(returning: false)
            }
        }
    }

    private func ask() async {
        let isHealthy = await question()
        let waiters = state.withLock { state in
            state.isAsking = false
            state.answer = (isHealthy, now())
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(returning: isHealthy) }
    }
}
