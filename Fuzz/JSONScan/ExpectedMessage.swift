import Signaling

/// What a client's message means by the protocol's own words, worked out on the reference's tree.
func expectedOutcome(
    _ text: [UInt8], _ rules: SignalingRules
) -> Result<ClientMessage, SignalingError> {
    guard let root = ReferenceParser.parse(text) else { return .failure(.invalidJSON) }
    guard case .object = root.kind, let type = root["type"], case .string = type.kind else {
        return .failure(.invalidMessage)
    }
    switch type.text {
    case "join_room": return expectedJoin(root)
    case "leave_room": return .success(.leaveRoom)
    case "ping": return .success(.ping)
    case "webrtc_offer": return expectedDescription(.offer, root, rules)
    case "webrtc_answer": return expectedDescription(.answer, root, rules)
    case "ice_candidate": return expectedCandidate(root, rules)
    case .some(let name) where rules.forwardedTypes.contains(name):
        return .success(.application(type: type.range, object: root.range))
    default: return .failure(.unknownType)
    }
}

private func expectedJoin(_ root: ReferenceJSON) -> Result<ClientMessage, SignalingError> {
    guard let text = root["roomId"]?.text, (1...128).contains(text.unicodeScalars.count),
        let id = LiveRoomID(text)
    else { return .failure(.invalidRoomID) }
    return .success(.joinRoom(id: id, device: root["deviceId"]?.text.map(DeviceMark.init)))
}

private func expectedDescription(
    _ kind: DescriptionKind, _ root: ReferenceJSON, _ rules: SignalingRules
) -> Result<ClientMessage, SignalingError> {
    guard let sdp = root["sdp"], case .string = sdp.kind else { return .failure(.invalidMessage) }
    let fits = sdp.range.count - 2 <= rules.maxSDPBytes || (sdp.text?.utf8.count ?? .max) <= rules.maxSDPBytes
    return fits ? .success(.description(kind, sdp: sdp.range)) : .failure(.tooLarge)
}

private func expectedCandidate(
    _ root: ReferenceJSON, _ rules: SignalingRules
) -> Result<ClientMessage, SignalingError> {
    guard let candidate = root["candidate"] else { return .failure(.invalidMessage) }
    switch candidate.kind {
    case .null: return .success(.candidate(candidate.range))
    case .object(let members):
        if candidate.range.count > rules.maxCandidateBytes { return .failure(.tooLarge) }
        return isCandidate(members) ? .success(.candidate(candidate.range)) : .failure(.invalidMessage)
    case .bool, .number, .string, .array: return .failure(.invalidMessage)
    }
}

/// `candidate` a string; `sdpMid` a string or null; `sdpMLineIndex` a number or null. That holds for every
/// one where a name comes twice.
private func isCandidate(_ members: [ReferenceJSON.Member]) -> Bool {
    var hasCandidate = false
    for member in members {
        switch (String(decoding: member.key, as: UTF16.self), member.value.kind) {
        case ("candidate", .string): hasCandidate = true
        case ("candidate", _): return false
        case ("sdpMid", .string), ("sdpMid", .null): continue
        case ("sdpMid", _): return false
        case ("sdpMLineIndex", .number), ("sdpMLineIndex", .null): continue
        case ("sdpMLineIndex", _): return false
        default: continue
        }
    }
    return hasCandidate
}
