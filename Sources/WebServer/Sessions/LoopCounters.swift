import Metrics
import Signaling

/// Kinds of messages that are counted; the raw value is the metric's `type` label.
enum CountedMessage: String, CaseIterable {
    case join = "join_room"
    case leave = "leave_room"
    case offer = "webrtc_offer"
    case answer = "webrtc_answer"
    case candidate = "ice_candidate"
    case ping
    case application
}

/// Why a session ended; the raw value is the metric's `reason` label.
enum SessionEnd: String, CaseIterable {
    /// The client closed, with or without a close frame.
    case client
    case protocolError = "protocol_error"
    case tooBig = "message_too_big"
    case invalidPayload = "invalid_payload"
    case flood
    case silent
    case evicted
    case slow
    case draining
}

/// What one event loop has counted since it last reported: plain integers, no locks.
struct LoopCounters {
    /// Upper bounds of the forward latency's buckets, in seconds; one more bucket takes the rest.
    static let latencyBounds: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
    ]
    private static let latencyBoundNanoseconds = latencyBounds.map { Int64($0 * 1e9) }

    private(set) var messages = [Int](repeating: 0, count: CountedMessage.allCases.count)
    private(set) var errors = [Int](repeating: 0, count: SignalingError.allCases.count)
    private(set) var ends = [Int](repeating: 0, count: SessionEnd.allCases.count)
    private(set) var latencyCounts = [UInt64](repeating: 0, count: latencyBounds.count + 1)
    private(set) var latencyNanoseconds: Int64 = 0
    var opened = 0
    var forwarded = 0

    mutating func count(_ message: CountedMessage) { messages[message.ordinal] &+= 1 }
    mutating func count(_ error: SignalingError) { errors[error.ordinal] &+= 1 }
    mutating func count(_ end: SessionEnd) { ends[end.ordinal] &+= 1 }

    /// Counts a batch of forwarded messages that left `nanoseconds` after the first of them was read.
    mutating func countForwarded(_ count: Int, nanoseconds: Int64) {
        forwarded &+= count
        var bucket = 0
        while bucket < Self.latencyBoundNanoseconds.count, nanoseconds > Self.latencyBoundNanoseconds[bucket]
        {
            bucket += 1
        }
        latencyCounts[bucket] &+= UInt64(count)
        latencyNanoseconds &+= nanoseconds &* Int64(count)
    }
}

extension CaseIterable where Self: Equatable, AllCases == [Self] {
    fileprivate var ordinal: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Where the loops' counts go: swift-metrics counters with labels from fixed lists, and a latency histogram.
final class SignalingMetrics: Sendable {
    private let messages: [Counter]
    private let errors: [Counter]
    private let ends: [Counter]
    private let opened = Counter(label: "switchboard_websocket_sessions_opened")
    private let forwarded = Counter(label: "switchboard_signaling_forwarded")
    private let sessions = Gauge(label: "switchboard_websocket_sessions")
    private let rooms = Gauge(label: "switchboard_rooms")
    private let forwardLatency: @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void

    init(forwardLatency: @escaping @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void) {
        self.forwardLatency = forwardLatency
        messages = CountedMessage.allCases.map {
            Counter(label: "switchboard_signaling_messages", dimensions: [("type", $0.rawValue)])
        }
        errors = SignalingError.allCases.map {
            Counter(label: "switchboard_signaling_refusals", dimensions: [("reason", $0.rawValue)])
        }
        ends = SessionEnd.allCases.map {
            Counter(label: "switchboard_websocket_sessions_ended", dimensions: [("reason", $0.rawValue)])
        }
    }

    /// Takes over what a loop has counted and starts it anew.
    func fold(_ counters: inout LoopCounters) {
        let taken = counters
        counters = LoopCounters()
        for (counter, count) in zip(messages, taken.messages) where count > 0 { counter.increment(by: count) }
        for (counter, count) in zip(errors, taken.errors) where count > 0 { counter.increment(by: count) }
        for (counter, count) in zip(ends, taken.ends) where count > 0 { counter.increment(by: count) }
        if taken.opened > 0 { opened.increment(by: taken.opened) }
        guard taken.forwarded > 0 else { return }
        forwarded.increment(by: taken.forwarded)
        forwardLatency(taken.latencyCounts, Double(taken.latencyNanoseconds) / 1e9)
    }

    func record(sessions sessionCount: Int, rooms roomCount: Int) {
        sessions.record(sessionCount)
        rooms.record(roomCount)
    }
}
