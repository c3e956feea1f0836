import Pairing
import Synchronization

/// Asks the store whether it works, with a deadline. However often it is asked, one question is under way
/// at a time and an answer serves for a second: readiness is public, and a check writes.
final class StoreHealth: Sendable {
    private static let freshFor = Duration.seconds(1)

    private struct State {
        var isAsking = false
        var answer: (isHealthy: Bool, at: ContinuousClock.Instant)?
        var nextWaiter: UInt64 = 0
        /// Bounded by the connections, each of which waits for one answer at most.
        var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    }

    private let store: any PairingStore
    private let timeout: Duration
    private let state = Mutex(State())

    init(store: any PairingStore, timeout: Duration) {
        self.store = store
        self.timeout = timeout
    }

    /// Whether the store answered well within the timeout. A question that is late is not asked again before
    /// it is answered, so a store that hangs is asked once.
    func isHealthy() async -> Bool {
        await withCheckedContinuation { continuation in
            let now = ContinuousClock.now
            let (known, waiter, asks): (Bool?, UInt64, Bool) = state.withLock { state in
                if let answer = state.answer, now < answer.at + Self.freshFor {
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
        let isHealthy: Bool
        do throws(PairingStoreError) {
            try await store.checkHealth()
            isHealthy = true
        } catch {
            isHealthy = false
        }
        let waiters = state.withLock { state in
            state.isAsking = false
            state.answer = (isHealthy, .now)
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(returning: isHealthy) }
    }
}
