import Pairing
import Synchronization

/// Lets the maker of an invitation wait for its acceptance instead of asking every few seconds.
///
/// A waiter is only told that it is time to ask; the room itself is handed over by the check that follows. So nothing
/// is lost with a connection that broke while it waited. A waiter outlives such a connection, but not its time; whoever
/// finds ``maximumCount`` of them is told at once.
package final class AcceptNotices: Sendable {
    /// A place in the list of those that wait, from before the store is asked: no acceptance falls in between.
    struct Ticket: Hashable {
        fileprivate let code: JoinCode
        fileprivate let number: UInt64
    }

    private enum Waiter {
        case registered
        case waiting(CheckedContinuation<Bool, Never>)
        case released(isAccepted: Bool)
    }

    /// Waiters at a time.
    static let maximumCount = 20_000

    private struct State {
        var waiters: [JoinCode: [UInt64: Waiter]] = [:]
        var count = 0
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let maximumCount: Int

    package convenience init() { self.init(maximumCount: Self.maximumCount) }

    init(maximumCount: Int) { self.maximumCount = maximumCount }

    /// Takes a place. Balanced by ``leave(_:)``.
    func register(_ code: JoinCode) -> Ticket {
        state.withLock { state in
            state.nextNumber += 1
            state.count += 1
            let mayWait = !state.isClosed && state.count <= maximumCount
            state.waiters[code, default: [:]][state.nextNumber] =
                mayWait ? .registered : .released(isAccepted: false)
            return Ticket(code: code, number: state.nextNumber)
        }
    }

    /// Waits until the invitation is accepted, the time is up, or the task is cancelled.
    ///
    /// - Returns: whether it was accepted.
    func wait(_ ticket: Ticket, atMost limit: Duration) async -> Bool {
        let timer = Task { [weak self] in
            try? await Task.sleep(for: limit)
            self?.release(ticket)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> Bool? in
                    switch state.waiters[ticket.code]?[ticket.number] {
                    case .registered:
                        state.waiters[ticket.code]?[ticket.number] = .waiting(continuation)
                        return nil
                    case .released(let isAccepted): return isAccepted
                    case .waiting, nil: return false
                    }
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            release(ticket)
        }
    }

    /// Gives the place back.
    func leave(_ ticket: Ticket) {
        state.withLock { state in
            if state.waiters[ticket.code]?.removeValue(forKey: ticket.number) != nil { state.count -= 1 }
            if state.waiters[ticket.code]?.isEmpty == true { state.waiters[ticket.code] = nil }
        }
    }

    /// The invitation was accepted: whoever waits for it may ask.
    func accepted(_ code: JoinCode) {
        release(isAccepted: true) { $0.waiters[code].map { [code: Array($0.keys)] } ?? [:] }
    }

    /// Nobody waits any more, and nobody will.
    func close() {
        release(isAccepted: false) { state in
            state.isClosed = true
            return state.waiters.mapValues { Array($0.keys) }
        }
    }

    /// How many have a place.
    var count: Int { state.withLock { $0.count } }

    private func release(_ ticket: Ticket) {
        release(isAccepted: false) { _ in [ticket.code: [ticket.number]] }
    }

    private func release(isAccepted: Bool, _ choose: (inout State) -> [JoinCode: [UInt64]]) {
        let continuations = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            var released: [CheckedContinuation<Bool, Never>] = []
            for (code, numbers) in choose(&state) {
                for number in numbers {
                    guard let waiter = state.waiters[code]?[number] else { continue }
                    switch waiter {
                    case .registered: break
                    case .waiting(let continuation): released.append(continuation)
                    case .released: continue
                    }
                    state.waiters[code]?[number] = .released(isAccepted: isAccepted)
                }
            }
            return released
        }
        for continuation in continuations { continuation.resume(returning: isAccepted) }
    }
}
