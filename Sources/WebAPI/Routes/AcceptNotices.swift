package import Pairing
import Synchronization

/// Lets the maker of an invitation wait for its acceptance instead of asking every few seconds.
///
/// A notice only says that it is time to ask; the check that follows returns the room. So nothing is lost when a
/// connection breaks while it waits. A waiter outlives its connection, but not its time limit. A caller that finds
/// ``maximumCount`` waiters is told to ask at once.
package final class AcceptNotices: Sendable {
    /// A place among those that wait, from before the store is asked: no acceptance falls in between.
    struct Ticket: Sendable {
        fileprivate let number: UInt64
        /// Nil for a caller that may not wait.
        fileprivate let subscription: PairingEvents.Subscription?
    }

    private enum Waiter {
        case registered
        case waiting(CheckedContinuation<Bool, Never>)
        case released(isAccepted: Bool)
    }

    /// Waiters at a time.
    static let maximumCount = 20_000

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let events: PairingEvents?
    private let state = Mutex(State())
    private let maximumCount: Int

    /// - Parameter events: the events of the store; without them (nil) no caller waits.
    package convenience init(_ events: PairingEvents?) {
        self.init(events, maximumCount: Self.maximumCount)
    }

    init(_ events: PairingEvents?, maximumCount: Int) {
        self.events = events
        self.maximumCount = maximumCount
    }

    /// Takes a place. Balanced by ``leave(_:)``.
    func register(_ code: JoinCode) -> Ticket {
        let (number, mayWait) = state.withLock { state in
            state.nextNumber += 1
            state.waiters[state.nextNumber] = .registered
            return (state.nextNumber, !state.isClosed && state.waiters.count <= maximumCount)
        }
        // The closure retains nothing: the waiter owns the subscription.
        let subscription =
            mayWait
            ? events?.subscribe(to: .acceptance(of: code)) { [weak self] _ in
                self?.release(number, isAccepted: true)
            } : nil
        if subscription == nil { release(number, isAccepted: false) }
        return Ticket(number: number, subscription: subscription)
    }

    /// Waits until the invitation is accepted, the time is up, or the task is cancelled.
    ///
    /// - Returns: whether it was accepted.
    func wait(_ ticket: Ticket, atMost limit: Duration) async -> Bool {
        let timer = Task { [weak self] in
            try? await Task.sleep(for: limit)
            self?.release(ticket.number, isAccepted: false)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> Bool? in
                    switch state.waiters[ticket.number] {
                    case .registered:
                        state.waiters[ticket.number] = .waiting(continuation)
                        return nil
                    case .released(let isAccepted): return isAccepted
                    case .waiting, nil: return false
                    }
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            release(ticket.number, isAccepted: false)
        }
    }

    /// Gives the place back.
    func leave(_ ticket: Ticket) {
        ticket.subscription?.end()
        _ = state.withLock { $0.waiters.removeValue(forKey: ticket.number) }
    }

    /// No caller waits any more, and none will.
    func close() {
        let numbers = state.withLock { state in
            state.isClosed = true
            return Array(state.waiters.keys)
        }
        for number in numbers { release(number, isAccepted: false) }
    }

    /// How many have a place.
    var count: Int { state.withLock { $0.waiters.count } }

    private func release(_ number: UInt64, isAccepted: Bool) {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            let waiter = state.waiters[number]
            switch waiter {
            case nil, .released: return nil
            case .registered, .waiting: state.waiters[number] = .released(isAccepted: isAccepted)
            }
            guard case .waiting(let continuation) = waiter else { return nil }
            return continuation
        }
        continuation?.resume(returning: isAccepted)
    }
}
