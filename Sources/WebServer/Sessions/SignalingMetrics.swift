import Metrics
import SessionLoops
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

    /// Takes over what a loop has counted; from any thread.
    func add(_ taken: SessionCounters) {
        func add(_ count: Int, to counter: Counter) { if count > 0 { counter.increment(by: count) } }
        for (kind, counter) in zip(CountedMessage.allCases, messages) {
            add(taken.messages(kind), to: counter)
        }
        for (reason, counter) in zip(CountedRefusal.allCases, refusals) {
            add(taken.refusals(reason), to: counter)
        }
        for (reason, counter) in zip(SessionEnd.allCases, ends) { add(taken.ends(reason), to: counter) }
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
