import Signaling

/// Fuzzes the scan of client messages and the splice of what is forwarded. The first byte shifts the text in
/// memory, the rest is the text.
///
/// What must hold: the search sixteen bytes at a time finds what a search byte by byte finds, exactly what the reference calls JSON is taken for it, every message means what the
/// reference says, with the same ranges, and what is spliced together for the other peer is JSON whose `type`,
/// `from` and `roomId` are the server's and stand there once.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSONScan(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 1 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let text = Array(input[1...])
    // Small bounds, so that short inputs pass them.
    var rules = SignalingRules()
    rules.maxSDPBytes = 64
    rules.maxCandidateBytes = 96
    let expected = expectedOutcome(text, rules)
    withExactCopy(of: text, shift: Int(input[0] % 16)) { bytes in
        let bytes = UnsafeRawBufferPointer(bytes)
        expectSamePlainEnds(bytes)
        let outcome = Result { () throws(SignalingError) in try ClientMessage.parse(bytes, rules: rules) }
        expectEqual(outcome, expected, "the message")
        if case .success(let message) = outcome { expectForwardable(message, bytes) }
    }
    return 0
}

/// A room id that has to be escaped.
private let roomID = "r\"\\\u{1}é\u{1F600}"

private struct FixedGenerator: RandomNumberGenerator {
    mutating func next() -> UInt64 { 0x0123_4567_89AB_CDEF }
}

private func expectForwardable(_ message: ClientMessage, _ text: UnsafeRawBufferPointer) {
    var generator = FixedGenerator()
    let client = ClientID(using: &generator)
    guard let id = LiveRoomID(roomID) else { fatalError("the room id is refused") }
    let forwarding = Forwarding(from: client, roomID: id)
    switch message {
    case .joinRoom, .leaveRoom, .ping:
        break
    case .description(let kind, let sdp):
        let name = kind == .offer ? "webrtc_offer" : "webrtc_answer"
        let spliced = written(forwarding.description(kind, sdp: UnsafeRawBufferPointer(rebasing: text[sdp])))
        expectMembers(of: spliced, type: name, from: client, others: [(Array("sdp".utf16), Array(text[sdp]))])
    case .candidate(let candidate):
        let spliced = written(forwarding.candidate(UnsafeRawBufferPointer(rebasing: text[candidate])))
        let others = [(Array("candidate".utf16), Array(text[candidate]))]
        expectMembers(of: spliced, type: "ice_candidate", from: client, others: others)
    case .application(let type, let object):
        let spliced = forwarding.application(type: type, object: object, in: text)
        guard let sent = ReferenceParser.parse(Array(text[object])), case .object(let members) = sent.kind,
            let name = ReferenceParser.parse(Array(text[type]))?.text
        else { fatalError("an application message that is no object with a type") }
        let replaced = ["type", "from", "roomId"].map { Array($0.utf16) }
        let kept = members.filter { !replaced.contains($0.key) }
        let others = kept.map { member in
            let value = object.lowerBound + member.value.range.lowerBound
            return (member.key, Array(text[value..<value + member.value.range.count]))
        }
        expectMembers(of: spliced, type: name, from: client, others: others)
    }
}

private func written(_ message: SplicedMessage) -> [UInt8] {
    withExactCopy(of: [UInt8](repeating: 0, count: message.count)) { target in
        message.write(to: target)
        return Array(target)
    }
}

/// The text is an object of these members in this order and no others; `others` are names and raw values.
private func expectMembers(
    of text: [UInt8], type: String, from client: ClientID, others: [([UInt16], [UInt8])]
) {
    guard let root = ReferenceParser.parse(text), case .object(let members) = root.kind else {
        fatalError("what would be forwarded is no JSON object: \(String(decoding: text, as: UTF8.self))")
    }
    let names = ["type", "from", "roomId"].map { Array($0.utf16) } + others.map(\.0)
    expectEqual(members.map(\.key), names, "forwarded members")
    expectEqual(root["type"]?.text, type, "forwarded type")
    expectEqual(root["from"]?.text, client.text, "sender of the forwarded message")
    expectEqual(root["roomId"]?.text, roomID, "room of the forwarded message")
    for (member, other) in zip(members.dropFirst(3), others) {
        expectEqual(Array(text[member.value.range]), other.1, "forwarded value")
    }
}
