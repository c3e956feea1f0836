import JSON

/// The members of a message's outermost object that the protocol knows: the ranges of their whole values,
/// found in one pass that checks the entire text.
struct TopLevel {
    /// From the opening brace to the closing one.
    private(set) var object: Range<Int>
    private(set) var type: Range<Int>?
    private(set) var sdp: Range<Int>?
    private(set) var candidate: Range<Int>?
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
            switch cursor.next(json) {
            case .member(let key, let value):
                note(key, value, json)
            case .end(let end):
                guard json.skipWhitespace(end) == json.count else { throw .invalidJSON }
                object = start..<end
                return
            case .malformed:
                throw .invalidJSON
            }
        }
    }

    @inline(__always)
    private mutating func note(_ key: Range<Int>, _ value: Range<Int>, _ json: JSONScanner) {
        switch key.count {
        case 3 where json.string(key, equals: "sdp"): sdp = value
        case 4 where json.string(key, equals: "type"): type = value
        case 6 where json.string(key, equals: "roomId"): roomID = value
        case 8 where json.string(key, equals: "deviceId"): deviceID = value
        case 9 where json.string(key, equals: "candidate"): candidate = value
        case 8...: noteEscaped(key, value, json)
        default: return
        }
    }

    /// A key that does not match as written may still match when its escapes are decoded. The shortest such
    /// spelling has eight bytes.
    @inline(never)
    private mutating func noteEscaped(_ key: Range<Int>, _ value: Range<Int>, _ json: JSONScanner) {
        guard json.hasEscape(key) else { return }
        switch json.decodeString(key) {
        case "type": type = value
        case "sdp": sdp = value
        case "candidate": candidate = value
        case "roomId": roomID = value
        case "deviceId": deviceID = value
        default: return
        }
    }
}

/// The shape of an ICE candidate as browsers write it (RTCIceCandidateInit): `candidate` is a string;
/// `sdpMLineIndex`, where present, a number or null; `sdpMid` a string or null. Other members are free.
enum CandidateShape {
    /// - Parameter object: the range of an object that has been scanned.
    static func isValid(_ object: Range<Int>, _ json: JSONScanner) -> Bool {
        var hasCandidate = false
        var cursor = MemberCursor(objectAt: object.lowerBound)
        while case .member(let key, let value) = cursor.next(json) {
            let first = json.bytes[value.lowerBound]
            let isString = first == UInt8(ascii: "\"")
            let isNull = first == UInt8(ascii: "n")
            switch name(of: key, json) {
            case .candidate:
                hasCandidate = isString
                if !isString { return false }
            case .sdpMid:
                if !isString, !isNull { return false }
            case .sdpMLineIndex:
                let isNumber =
                    first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
                if !isNumber, !isNull { return false }
            case .other:
                continue
            }
        }
        return hasCandidate
    }

    private enum Name {
        case candidate, sdpMid, sdpMLineIndex, other
    }

    private static func name(of key: Range<Int>, _ json: JSONScanner) -> Name {
        switch key.count {
        case 6 where json.string(key, equals: "sdpMid"): return .sdpMid
        case 9 where json.string(key, equals: "candidate"): return .candidate
        case 13 where json.string(key, equals: "sdpMLineIndex"): return .sdpMLineIndex
        default:
            guard json.hasEscape(key) else { return .other }
            switch json.decodeString(key) {
            case "candidate": return .candidate
            case "sdpMid": return .sdpMid
            case "sdpMLineIndex": return .sdpMLineIndex
            default: return .other
            }
        }
    }
}
