import HTTPTypes
import HummingbirdCore
import Metrics
import Synchronization

/// The calls of the pairing API, as metrics name them.
enum PairingCall: String, CaseIterable, Sendable {
    case create
    case accept
    case check
    case get
    case delete
    case purge
    case iceServers = "ice_servers"
}

/// Counts what the HTTP side does. Every label comes from a fixed list: endpoints, status classes, calls,
/// outcomes, error ids. Series appear with their first event.
///
/// - `switchboard_http_requests_total{route,status}`
/// - `switchboard_http_refusals_total{reason}`
/// - `switchboard_pairing_calls_total{call,outcome}`
/// - `switchboard_store_seconds{call}`, a timer
final class HTTPMetrics: Sendable {
    /// What became of a pairing call that was not refused.
    enum Outcome: String, CaseIterable {
        case ok
        /// A check before the invitation was accepted.
        case pending
        /// A delete of a room that did not exist.
        case absent
    }

    /// The `route` label of a path that the server does not have.
    static let unknownRoute = "unknown"

    private let requests: CounterFamily
    private let refusals: CounterFamily
    private let pairings: CounterFamily
    private let storeTimers: [PairingCall: Metrics.Timer]

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        requests = CounterFamily("switchboard_http_requests_total", factory)
        refusals = CounterFamily("switchboard_http_refusals_total", factory)
        pairings = CounterFamily("switchboard_pairing_calls_total", factory)
        storeTimers = Dictionary(
            uniqueKeysWithValues: PairingCall.allCases.map { call in
                let dimensions = [("call", call.rawValue)]
                return (
                    call, Timer(label: "switchboard_store_seconds", dimensions: dimensions, factory: factory)
                )
            })
    }

    func answered(_ resource: Resource?, _ status: HTTPResponse.Status) {
        let statusClass = "\(status.code / 100)xx"
        requests.increment([("route", resource?.path ?? Self.unknownRoute), ("status", statusClass)])
    }

    func refused(_ error: APIError) {
        refusals.increment([("reason", error.reason)])
    }

    func paired(_ call: PairingCall, _ outcome: Outcome) {
        pairings.increment([("call", call.rawValue), ("outcome", outcome.rawValue)])
    }

    func paired(_ call: PairingCall, refused error: APIError) {
        pairings.increment([("call", call.rawValue), ("outcome", error.id.rawValue)])
    }

    /// Answers a pairing call, and counts what became of it.
    func counting(
        _ call: PairingCall, _ answer: () async throws -> (Outcome, Response)
    ) async throws -> Response {
        do {
            let (outcome, response) = try await answer()
            paired(call, outcome)
            return response
        } catch let error as APIError {
            paired(call, refused: error)
            throw error
        }
    }

    func storeAnswered(_ call: PairingCall, after duration: Duration) {
        storeTimers[call]?.record(duration: duration)
    }
}

/// The counters of one metric, made when they are first needed.
private final class CounterFamily: Sendable {
    private let label: String
    private let factory: any MetricsFactory
    private let counters = Mutex<[[String]: Counter]>([:])

    init(_ label: String, _ factory: any MetricsFactory) {
        self.label = label
        self.factory = factory
    }

    func increment(_ dimensions: [(String, String)]) {
        let values = dimensions.map(\.1)
        let counter = counters.withLock { counters in
            if let counter = counters[values] { return counter }
            let counter = Counter(label: label, dimensions: dimensions, factory: factory)
            counters[values] = counter
            return counter
        }
        counter.increment()
    }
}
