import Metrics
import Signaling

/// Where the loops' counts go: swift-metrics counters with labels from fixed lists, and a latency histogram.
final class SignalingMetrics: Sendable {
    private let messages: [Counter]
    private let refusals: [Counter]
    private let ends: [Counter]
    private let opened = Counter(label: "switchboard_websocket_sessions_opened")
    private let forwarded = Counter(label: "switchboard_signaling_forwarded")
    private let sessions = Gauge(label: "switchboard_websocket_sessions")
    private let rooms = Gauge(label: "switchboard_rooms")
    private let forwardLatency: @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void

    init(forwardLatency: @escaping @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void) {
        self.forwardLatency = forwardLatency
        messages = CountedMessage.allCases.map {
            Counter(label: "switchboard_signaling_messages", dimensions: [("type", $0.label)])
        }
        refusals = CountedRefusal.allCases.map {
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
        for (counter, count) in zip(refusals, taken.refusals) where count > 0 { counter.increment(by: count) }
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
