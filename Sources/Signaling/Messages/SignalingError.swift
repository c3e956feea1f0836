/// Why a client's message was refused. The raw value is the stable `code` of the `error` message.
@usableFromInline
package enum SignalingError: String, Error, CaseIterable, Sendable {
    case invalidJSON = "invalid_json"
    case invalidMessage = "invalid_message"
    case unknownType = "unknown_type"
    case invalidRoomID = "invalid_room_id"
    case notInRoom = "not_in_room"
    case peerAbsent = "peer_absent"
    case tooLarge = "too_large"
    case rateLimited = "rate_limited"

    /// The sentence for people.
    package var text: StaticString {
        switch self {
        case .invalidJSON: "The message is not valid JSON."
        case .invalidMessage: "The message has no type, or a member of the wrong shape."
        case .unknownType: "The message type is not known."
        case .invalidRoomID: "The room id must be a string of 1 to 128 characters, and known to this server."
        case .notInRoom: "Join a room before sending to it."
        case .peerAbsent: "There is nobody else in the room yet."
        case .tooLarge: "The message is larger than the server forwards."
        case .rateLimited: "Too many messages; slow down."
        }
    }
}
