import JSON

/// A message from a client, found in its JSON by one scan. Ranges are offsets into the scanned bytes.
package enum ClientMessage: Equatable, Sendable {
    /// `device` tells a returning client from a stranger; it never leaves the process.
    case joinRoom(id: LiveRoomID, device: DeviceMark?)
    case leaveRoom
    case ping
    /// An offer or answer, and the JSON string of its `sdp`.
    case description(DescriptionKind, sdp: Range<Int>)
    /// The JSON of the `candidate` member: an object, or null at the end of candidates.
    case candidate(Range<Int>)
    /// A configured application message: the JSON string of its type, and the whole object.
    case application(type: Range<Int>, object: Range<Int>)
}

/// Which half of the offer/answer exchange a description is.
package enum DescriptionKind: Equatable, Sendable {
    case offer
    case answer
}

/// A hash of the `deviceId` a client sent, seeded anew in every process, so that the id itself is not kept.
@usableFromInline
package struct DeviceMark: Hashable, Sendable {
    private let hash: Int

    /// Hashes the id; equal ids have equal marks for as long as the process runs.
    package init(_ deviceID: String) {
        hash = deviceID.hashValue
    }
}

extension ClientMessage {
    /// Reads one message. Duplicate members: the last one counts, as in a browser. Unknown members are skipped.
    package static func parse(
        _ text: UnsafeRawBufferPointer, rules: SignalingRules
    ) throws(SignalingError) -> ClientMessage {
        guard let json = JSONScanner(text) else { throw .invalidJSON }
        let members = try TopLevel(json)
        guard let type = members.type, json.bytes[type.lowerBound] == UInt8(ascii: "\"") else {
            throw .invalidMessage
        }
        let name = type.lowerBound + 1..<type.upperBound - 1
        switch name.count {
        case 13 where json.string(name, equals: "ice_candidate"):
            return try candidate(members, json, rules)
        case 12 where json.string(name, equals: "webrtc_offer"):
            return try description(.offer, members, json, rules)
        case 13 where json.string(name, equals: "webrtc_answer"):
            return try description(.answer, members, json, rules)
        default:
            return try other(name, members, json, rules)
        }
    }

    private static func description(
        _ kind: DescriptionKind, _ members: TopLevel, _ json: JSONScanner, _ rules: SignalingRules
    ) throws(SignalingError) -> ClientMessage {
        guard let sdp = members.sdp, json.bytes[sdp.lowerBound] == UInt8(ascii: "\"") else {
            throw .invalidMessage
        }
        let inner = sdp.lowerBound + 1..<sdp.upperBound - 1
        if inner.count > rules.maxSDPBytes {
            guard let decoded = json.decodeString(inner), decoded.utf8.count <= rules.maxSDPBytes else {
                throw .tooLarge
            }
        }
        return .description(kind, sdp: sdp)
    }

    private static func candidate(
        _ members: TopLevel, _ json: JSONScanner, _ rules: SignalingRules
    ) throws(SignalingError) -> ClientMessage {
        guard let candidate = members.candidate else { throw .invalidMessage }
        switch json.bytes[candidate.lowerBound] {
        case UInt8(ascii: "n"): break
        case UInt8(ascii: "{"):
            if candidate.count > rules.maxCandidateBytes { throw .tooLarge }
            guard members.hasCandidateShape else { throw .invalidMessage }
        default: throw .invalidMessage
        }
        return .candidate(candidate)
    }

    /// The rare types, and any name that is spelled with escapes.
    private static func other(
        _ name: Range<Int>, _ members: TopLevel, _ json: JSONScanner, _ rules: SignalingRules
    ) throws(SignalingError) -> ClientMessage {
        guard let decoded = json.decodeString(name) else { throw .unknownType }
        switch decoded {
        case "join_room":
            return try .joinRoom(id: roomID(members, json), device: deviceMark(members, json))
        case "leave_room": return .leaveRoom
        case "ping": return .ping
        case "webrtc_offer": return try description(.offer, members, json, rules)
        case "webrtc_answer": return try description(.answer, members, json, rules)
        case "ice_candidate": return try candidate(members, json, rules)
        default:
            guard rules.forwardedTypes.contains(decoded) else { throw .unknownType }
            return .application(type: name.lowerBound - 1..<name.upperBound + 1, object: members.object)
        }
    }

    private static func roomID(_ members: TopLevel, _ json: JSONScanner) throws(SignalingError) -> LiveRoomID
    {
        guard let value = members.roomID, json.bytes[value.lowerBound] == UInt8(ascii: "\""),
            let id = json.decodeString(value.lowerBound + 1..<value.upperBound - 1).flatMap(LiveRoomID.init)
        else { throw .invalidRoomID }
        return id
    }

    private static func deviceMark(_ members: TopLevel, _ json: JSONScanner) -> DeviceMark? {
        guard let value = members.deviceID, json.bytes[value.lowerBound] == UInt8(ascii: "\"") else {
            return nil
        }
        return json.decodeString(value.lowerBound + 1..<value.upperBound - 1).map(DeviceMark.init)
    }
}
