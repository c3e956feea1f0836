import JSON

/// Splices a forwarded message together from the sender's own bytes: nothing is decoded and encoded again.
///
/// Made once per seat in a room: it holds `"from":…,"roomId":…,` ready to be copied.
package struct Forwarding: Sendable {
    private let origin: [UInt8]

    /// Prepares the common start of messages of this sender in this room.
    package init(from client: ClientID, roomID: LiveRoomID) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 + roomID.utf8.count)
        JSONText.append(#""from":""#, to: &bytes)
        client.append(to: &bytes)
        JSONText.append(#"","roomId":"#, to: &bytes)
        JSONText.appendString(roomID.utf8, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        origin = bytes
    }

    private static func opening(_ kind: DescriptionKind) -> StaticString {
        switch kind {
        case .offer: #"{"type":"webrtc_offer","#
        case .answer: #"{"type":"webrtc_answer","#
        }
    }
    private static let sdpKey: StaticString = #""sdp":"#
    private static let candidateOpening: StaticString = #"{"type":"ice_candidate","#
    private static let candidateKey: StaticString = #""candidate":"#

    /// The forwarded form of an offer or answer whose `sdp` member is the JSON string `sdp`.
    package func description(_ kind: DescriptionKind, sdp: UnsafeRawBufferPointer) -> SplicedMessage {
        SplicedMessage(opening: Self.opening(kind), origin: origin, key: Self.sdpKey, payload: sdp)
    }

    /// The forwarded form of a candidate; `candidate` is its JSON as it came.
    package func candidate(_ candidate: UnsafeRawBufferPointer) -> SplicedMessage {
        SplicedMessage(
            opening: Self.candidateOpening, origin: origin, key: Self.candidateKey, payload: candidate)
    }

    /// The forwarded form of an application message: all members of `object` but `type`, `from` and `roomId`,
    /// which a sender must not choose for itself, behind the server's own.
    /// - Parameters:
    ///   - type: the JSON string of the type within `text`.
    ///   - object: the whole object within `text`; both as ``ClientMessage`` found them.
    package func application(
        type: Range<Int>, object: Range<Int>, in text: UnsafeRawBufferPointer
    ) -> [UInt8] {
        guard let json = JSONScanner(text) else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + origin.count + 16)
        JSONText.append(#"{"type":"#, to: &bytes)
        bytes.append(contentsOf: text[type])
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: origin.dropLast())
        var cursor = MemberCursor(objectAt: object.lowerBound)
        while case .member(let key, let value) = cursor.next(json) {
            if json.string(key, equals: "type") || json.string(key, equals: "from")
                || json.string(key, equals: "roomId")
            {
                continue
            }
            JSONText.append(#",""#, to: &bytes)
            bytes.append(contentsOf: text[key])
            JSONText.append(#"":"#, to: &bytes)
            bytes.append(contentsOf: text[value])
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

/// A forwarded message that is still in pieces, to be copied to its place in an outbox. Valid as long as the
/// payload that it was made from.
package struct SplicedMessage {
    let opening: StaticString
    let origin: [UInt8]
    let key: StaticString
    let payload: UnsafeRawBufferPointer

    /// The length of the JSON in bytes.
    package var count: Int {
        opening.utf8CodeUnitCount + origin.count + key.utf8CodeUnitCount + payload.count + 1
    }

    /// Writes the JSON to the start of `target`, which must have room for ``count`` bytes.
    package func write(to target: UnsafeMutableRawBufferPointer) {
        var rest = target
        Self.copy(UnsafeRawBufferPointer(start: opening.utf8Start, count: opening.utf8CodeUnitCount), &rest)
        origin.withUnsafeBytes { Self.copy($0, &rest) }
        Self.copy(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount), &rest)
        Self.copy(payload, &rest)
        rest[0] = UInt8(ascii: "}")
    }

    @inline(__always)
    private static func copy(_ bytes: UnsafeRawBufferPointer, _ rest: inout UnsafeMutableRawBufferPointer) {
        rest.copyMemory(from: bytes)
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
    }
}
