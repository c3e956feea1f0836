import MetricDescriptions
import SessionLoops
import Signaling

extension SignalingMetrics {
    /// The histogram that ``WebServerTelemetry/forwardLatency`` adds to.
    static let forwardSeconds = "switchboard_signaling_forward_seconds"

    /// What is counted of WebSocket sessions.
    static let sessionDescriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_websocket_sessions", kind: .gauge, help: "Open WebSocket sessions."),
        MetricDescription(
            name: "switchboard_websocket_sessions_opened_total", kind: .counter,
            help: "WebSocket sessions opened."),
        MetricDescription(
            name: "switchboard_websocket_sessions_ended_total", kind: .counter,
            labels: [.init("reason", of: SessionEnd.self)],
            help: "WebSocket sessions that ended, by what ended them."),
    ]

    /// What is counted of rooms and messages.
    static let descriptions: [MetricDescription] = [
        MetricDescription(name: "switchboard_rooms", kind: .gauge, help: "Live rooms."),
        MetricDescription(
            name: "switchboard_signaling_messages_total", kind: .counter,
            labels: [.init("type", CountedMessage.allCases.map(\.label))],
            help: "Messages received, by type."),
        MetricDescription(
            name: "switchboard_signaling_forwarded_total", kind: .counter,
            help: "Messages handed to the other peer's socket."),
        MetricDescription(
            name: "switchboard_signaling_refusals_total", kind: .counter,
            labels: [.init("reason", of: CountedRefusal.self)],
            help: "Messages refused, by the error's code; room_full is a join, store_unavailable a lookup."),
        MetricDescription(
            name: forwardSeconds, kind: .histogram,
            help: "Time from reading a message to handing it to the other peer's socket."),
    ]
}
