package import Signaling

/// Kinds of messages that are counted.
package enum CountedMessage: Int, CaseIterable, Sendable {
    case join, leave, offer, answer, candidate, ping, application

    /// The metric's `type` label.
    package var label: String {
        switch self {
        case .join: "join_room"
        case .leave: "leave_room"
        case .offer: "webrtc_offer"
        case .answer: "webrtc_answer"
        case .candidate: "ice_candidate"
        case .ping: "ping"
        case .application: "application"
        }
    }

    init(_ message: ClientMessage) {
        self =
            switch message {
            case .candidate: .candidate
            case .description(.offer, _): .offer
            case .description(.answer, _): .answer
            case .application: .application
            case .joinRoom: .join
            case .leaveRoom: .leave
            case .ping: .ping
            }
    }
}

/// Why a client did not get what it asked for; the raw value is the metric's `reason` label.
package enum CountedRefusal: String, CaseIterable, Sendable {
    case invalidJSON = "invalid_json"
    case invalidMessage = "invalid_message"
    case unknownType = "unknown_type"
    case invalidRoomID = "invalid_room_id"
    case notInRoom = "not_in_room"
    case peerAbsent = "peer_absent"
    case tooLarge = "too_large"
    case rateLimited = "rate_limited"
    case roomFull = "room_full"
    /// The store did not say whether a room may be joined.
    case storeUnavailable = "store_unavailable"

    init(_ error: SignalingError) {
        switch error {
        case .invalidJSON: self = .invalidJSON
        case .invalidMessage: self = .invalidMessage
        case .unknownType: self = .unknownType
        case .invalidRoomID: self = .invalidRoomID
        case .notInRoom: self = .notInRoom
        case .peerAbsent: self = .peerAbsent
        case .tooLarge: self = .tooLarge
        case .rateLimited: self = .rateLimited
        }
    }
}

/// What one loop has counted since it last reported: plain integers, no locks.
package struct SessionCounters: Sendable {
    /// Upper bounds of the forward latency's buckets, in seconds; one more bucket takes the rest.
    package static let latencyBounds: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
    ]
    private static let latencyBoundNanoseconds: [14 of Int64] = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        50_000_000,
        100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
    ]

    private var messages = InlineArray<7, Int>(repeating: 0)
    private var refusals = InlineArray<10, Int>(repeating: 0)
    private var ends = InlineArray<10, Int>(repeating: 0)
    private var latencies = InlineArray<15, UInt64>(repeating: 0)
    /// The sum of all latencies.
    package private(set) var latencyNanoseconds: Int64 = 0
    /// Sessions opened.
    package var opened = 0
    /// Messages handed to the other peer's socket.
    package private(set) var forwarded = 0
    /// Something has been counted.
    var isEmpty = true

    /// Nothing counted yet.
    package init() {}

    /// Messages received of a kind.
    package func messages(_ kind: CountedMessage) -> Int { messages[kind.rawValue] }
    /// Messages refused for a reason.
    package func refusals(_ reason: CountedRefusal) -> Int { refusals[reason.ordinal] }
    /// Sessions ended for a reason.
    package func ends(_ reason: SessionEnd) -> Int { ends[reason.ordinal] }
    /// Forwarded messages by latency, one count for each of ``latencyBounds`` and one for the rest.
    package var latencyCounts: [UInt64] { latencies.indices.map { latencies[$0] } }

    mutating func count(_ message: CountedMessage) {
        messages[message.rawValue] &+= 1
        isEmpty = false
    }

    mutating func count(_ refusal: CountedRefusal) {
        refusals[refusal.ordinal] &+= 1
        isEmpty = false
    }

    mutating func count(_ end: SessionEnd) {
        ends[end.ordinal] &+= 1
        isEmpty = false
    }

    mutating func countOpened() {
        opened &+= 1
        isEmpty = false
    }

    /// Counts a batch of forwarded messages that left `nanoseconds` after the first of them was read.
    mutating func countForwarded(_ count: Int, nanoseconds: Int64) {
        forwarded &+= count
        var bucket = 0
        while bucket < Self.latencyBoundNanoseconds.count, nanoseconds > Self.latencyBoundNanoseconds[bucket]
        {
            bucket += 1
        }
        latencies[bucket] &+= UInt64(count)
        latencyNanoseconds &+= nanoseconds &* Int64(count)
        isEmpty = false
    }
}

extension CaseIterable where Self: Equatable, AllCases == [Self] {
    fileprivate var ordinal: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
