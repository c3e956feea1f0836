import Signaling

/// Kinds of messages that are counted.
enum CountedMessage: Int, CaseIterable {
    case join, leave, offer, answer, candidate, ping, application

    /// The metric's `type` label.
    var label: String {
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
enum CountedRefusal: String, CaseIterable {
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

/// What one event loop has counted since it last reported: plain integers, no locks.
struct LoopCounters {
    /// Upper bounds of the forward latency's buckets, in seconds; one more bucket takes the rest.
    static let latencyBounds: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
    ]
    private static let latencyBoundNanoseconds = latencyBounds.map { Int64($0 * 1e9) }

    private(set) var messages = [Int](repeating: 0, count: CountedMessage.allCases.count)
    private(set) var refusals = [Int](repeating: 0, count: CountedRefusal.allCases.count)
    private(set) var ends = [Int](repeating: 0, count: SessionEnd.allCases.count)
    private(set) var latencyCounts = [UInt64](repeating: 0, count: latencyBounds.count + 1)
    private(set) var latencyNanoseconds: Int64 = 0
    var opened = 0
    var forwarded = 0

    mutating func count(_ message: CountedMessage) { messages[message.rawValue] &+= 1 }
    mutating func count(_ refusal: CountedRefusal) { refusals[refusal.ordinal] &+= 1 }
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
