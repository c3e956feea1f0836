import Addresses
import Metrics
import Synchronization
import Timing

/// Counts open connections, in all and per address, and how fast an address opens new ones.
///
/// Local callers count in all only. An address costs one entry while it has connections, and for up to a minute
/// after; entries are swept once a minute, so their number is bounded by the connections opened in two minutes.
final class ConnectionTable: Sendable {
    enum Refusal: String, CaseIterable, Sendable {
        case total = "connections_total"
        case address = "connections_of_address"
        case rate = "connection_rate_of_address"
    }

    private struct Entry {
        var open = 0
        var rate = RateLimit()
        var lastOpened = MonotonicTime(nanoseconds: 0)
    }

    private struct State {
        var entries: [AddressKey: Entry] = [:]
        var lastSweep = MonotonicTime(nanoseconds: 0)
    }

    private static let sweepInterval = Duration.seconds(60)

    private let limits: ConnectionLimits
    private let rateRule: RateLimit.Rule
    private let open = Atomic<Int>(0)
    private let state = Mutex(State())
    private let refusals: [Refusal: Counter]

    init(limits: ConnectionLimits) {
        self.limits = limits
        rateRule = RateLimit.Rule(
            perSecond: Double(limits.connectionsPerMinute) / 60, burst: limits.connectionsPerMinute)
        refusals = Dictionary(
            uniqueKeysWithValues: Refusal.allCases.map {
                ($0, Counter(label: "switchboard_connections_refused", dimensions: [("reason", $0.rawValue)]))
            })
    }

    /// Connections open now.
    var count: Int { open.load(ordering: .relaxed) }

    /// Counts a connection in all; false when there are too many. Balanced by ``closed()``.
    func opened() -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= limits.maxConnections { return true }
        refusals[.total]?.increment()
        open.subtract(1, ordering: .relaxed)
        return false
    }

    func closed() { open.subtract(1, ordering: .relaxed) }

    /// Counts a connection of an address; nil when it may have it. Balanced by ``release(_:)``.
    func take(_ key: AddressKey, at now: MonotonicTime) -> Refusal? {
        let refusal = state.withLock { state -> Refusal? in
            sweep(&state, at: now)
            var entry = state.entries[key] ?? Entry()
            guard entry.open < limits.maxConnectionsPerAddress else { return .address }
            guard entry.rate.allows(rateRule, at: now) else { return .rate }
            entry.open += 1
            entry.lastOpened = now
            state.entries[key] = entry
            return nil
        }
        if let refusal { refusals[refusal]?.increment() }
        return refusal
    }

    func release(_ key: AddressKey) {
        state.withLock { state in
            state.entries[key]?.open -= 1
        }
    }

    private func sweep(_ state: inout State, at now: MonotonicTime) {
        guard now >= state.lastSweep + Self.sweepInterval else { return }
        state.lastSweep = now
        state.entries = state.entries.filter { _, entry in
            entry.open > 0 || now < entry.lastOpened + Self.sweepInterval
        }
    }
}
