import JSON

/// The members of a message's outermost object that the protocol knows: the ranges of their whole values,
/// found in one pass that checks the entire text.
struct TopLevel {
    /// From the opening brace to the closing one.
    private(set) var object: Range<Int>
    private(set) var type: Range<Int>?
    private(set) var sdp: Range<Int>?
    private(set) var candidate: Range<Int>?
    /// `candidate` is an object of a candidate's shape.
    private(set) var hasCandidateShape = false
    private(set) var roomID: Range<Int>?
    private(set) var deviceID: Range<Int>?

    /// Throws `invalidJSON` when the text is not one JSON value, `invalidMessage` when that is no object.
    init(_ json: JSONScanner) throws(SignalingError) {
        let start = json.start
        guard start < json.count, json.bytes[start] == UInt8(ascii: "{") else {
            let end = json.valueEnd(start)
            throw end >= 0 && json.skipWhitespace(end) == json.count ? .invalidMessage : .invalidJSON
        }
        object = start..<start
        var cursor = MemberCursor(objectAt: start)
        while true {
            switch cursor.nextKey(json) {
            case .key(let key, let value):
                let end = noteMember(key, valueAt: value, depth: cursor.valueDepth, json)
                guard end >= 0 else { throw .invalidJSON }
                cursor.pass(end)
            case .end(let end):
                guard json.skipWhitespace(end) == json.count else { throw .invalidJSON }
                object = start..<end
                return
            case .malformed:
                throw .invalidJSON
            }
        }
    }

    private enum Name {
        case type, sdp, candidate, roomID, deviceID, other
    }

    /// Notes a member that the protocol knows.
    /// - Returns: the offset behind its value; -1 when that is malformed.
    @inline(__always)
    private mutating func noteMember(
        _ key: Range<Int>, valueAt start: Int, depth: Int, _ json: JSONScanner
    ) -> Int {
        let name = Self.name(of: key, json)
        if name == .candidate { return noteCandidate(start, depth: depth, json) }
        let end = json.valueEnd(start, depth: depth)
        guard end >= 0 else { return -1 }
        switch name {
        case .type: type = start..<end
        case .sdp: sdp = start..<end
        case .roomID: roomID = start..<end
        case .deviceID: deviceID = start..<end
        case .candidate, .other: break
        }
        return end
    }

    /// An object's shape is checked in the scan that finds its end.
    @inline(__always)
    private mutating func noteCandidate(_ start: Int, depth: Int, _ json: JSONScanner) -> Int {
        let end: Int
        if start < json.count, json.bytes[start] == UInt8(ascii: "{") {
            var shape = CandidateShape()
            end = shape.scan(objectAt: start, depth: depth, json)
            hasCandidateShape = shape.isValid
        } else {
            end = json.valueEnd(start, depth: depth)
            hasCandidateShape = false
        }
        guard end >= 0 else { return -1 }
        candidate = start..<end
        return end
    }

    @inline(__always)
    private static func name(of key: Range<Int>, _ json: JSONScanner) -> Name {
        switch key.count {
        case 3 where json.string(key, equals: "sdp"): .sdp
        case 4 where json.string(key, equals: "type"): .type
        case 6 where json.string(key, equals: "roomId"): .roomID
        case 8 where json.string(key, equals: "deviceId"): .deviceID
        case 9 where json.string(key, equals: "candidate"): .candidate
        case 8...: escapedName(of: key, json)
        default: .other
        }
    }

    /// A key that does not match as written may still match when its escapes are decoded. The shortest such
    /// spelling has eight bytes.
    @inline(never)
    private static func escapedName(of key: Range<Int>, _ json: JSONScanner) -> Name {
        guard json.hasEscape(key) else { return .other }
        return switch json.decodeString(key) {
        case "type": .type
        case "sdp": .sdp
        case "candidate": .candidate
        case "roomId": .roomID
        case "deviceId": .deviceID
        default: .other
        }
    }
}
