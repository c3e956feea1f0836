import JSON

/// The shape of an ICE candidate as browsers write it (RTCIceCandidateInit): `candidate` is a string;
/// `sdpMLineIndex`, where present, a number or null; `sdpMid` a string or null. Other members are free.
///
/// Where a name comes twice, each of its values must have the shape.
struct CandidateShape {
    private var hasCandidate = false
    private var hasMisfit = false

    /// Whether the object that was scanned has the shape.
    var isValid: Bool { hasCandidate && !hasMisfit }

    /// Scans the object whose opening brace is at `start`, and notes its shape on the way.
    /// - Parameter depth: how deep the object stands.
    /// - Returns: the offset behind the object; -1 when it is malformed.
    mutating func scan(objectAt start: Int, depth: Int, _ json: JSONScanner) -> Int {
        var cursor = MemberCursor(objectAt: start, depth: depth)
        while true {
            switch cursor.next(json) {
            case .member(let key, let value): note(key, json.bytes[value.lowerBound], json)
            case .end(let end): return end
            case .malformed: return -1
            }
        }
    }

    /// - Parameter first: the first byte of the value, which tells its kind.
    @inline(__always)
    private mutating func note(_ key: Range<Int>, _ first: UInt8, _ json: JSONScanner) {
        let isString = first == UInt8(ascii: "\"")
        let isNull = first == UInt8(ascii: "n")
        switch Self.name(of: key, json) {
        case .candidate:
            hasCandidate = true
            if !isString { hasMisfit = true }
        case .sdpMid:
            if !isString, !isNull { hasMisfit = true }
        case .sdpMLineIndex:
            let isNumber =
                first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
            if !isNumber, !isNull { hasMisfit = true }
        case .other:
            return
        }
    }

    private enum Name {
        case candidate, sdpMid, sdpMLineIndex, other
    }

    @inline(__always)
    private static func name(of key: Range<Int>, _ json: JSONScanner) -> Name {
        switch key.count {
        case 6 where json.string(key, equals: "sdpMid"): .sdpMid
        case 9 where json.string(key, equals: "candidate"): .candidate
        case 13 where json.string(key, equals: "sdpMLineIndex"): .sdpMLineIndex
        case 11...: escapedName(of: key, json)
        default: .other
        }
    }

    /// The shortest of the names has six bytes, and eleven with an escape in it.
    @inline(never)
    private static func escapedName(of key: Range<Int>, _ json: JSONScanner) -> Name {
        guard json.hasEscape(key) else { return .other }
        return switch json.decodeString(key) {
        case "candidate": .candidate
        case "sdpMid": .sdpMid
        case "sdpMLineIndex": .sdpMLineIndex
        default: .other
        }
    }
}
