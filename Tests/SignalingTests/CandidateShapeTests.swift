import Signaling
import Testing

@Suite("A message with a candidate")
struct CandidateShapeTests {
    @Test(
        "has the shape of a candidate in the last of its `candidate` members",
        arguments: [
            #"{"candidate":{},"type":"ice_candidate","candidate":{"candidate":"c"}}"#,
            #"{"candidate":1,"type":"ice_candidate","candidate":{"candidate":"c"}}"#,
            #"{"candidate":{},"type":"ice_candidate","candidate":null}"#,
            #"{"candidate":{},"type":"ice_candidate","cand\u0069date":{"candidate":"c","sdpMid":"0"}}"#,
            #"{"type":"ice_candidate","candidate":{"c\u0061ndidate":"c","sdpMLineIndex":-1}}"#,
            #"{"type":"ice_candidate","candidate":{"x":{"candidate":1},"candidate":"c"}}"#,
        ])
    func candidateThatCounts(text: String) throws {
        guard case .candidate = try parse(text) else { return #expect(Bool(false)) }
    }

    @Test(
        "is refused for the shape of the last of its `candidate` members",
        arguments: [
            #"{"candidate":{"candidate":"c"},"type":"ice_candidate","candidate":{}}"#,
            #"{"candidate":{"candidate":"c"},"type":"ice_candidate","candidate":"c"}"#,
            #"{"candidate":null,"type":"ice_candidate","candidate":{"candidate":1}}"#,
            #"{"candidate":{"candidate":"c"},"type":"ice_candidate","cand\u0069date":{"candidate":1}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":1,"candidate":"c"}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":"c","candidate":1}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":"c","sdpMid":1,"sdpMid":"0"}}"#,
            #"{"type":"ice_candidate","candidate":{"x":{"candidate":"c"}}}"#,
        ])
    func misfits(text: String) {
        #expect(throws: SignalingError.invalidMessage) { try parse(text) }
    }

    @Test("may have a `candidate` of any shape where it is no candidate")
    func shapeOfOthers() throws {
        #expect(try parse(#"{"type":"ping","candidate":{"candidate":1}}"#) == .ping)
    }

    @Test("is read to its end before the shape of its candidate counts")
    func shapeComesLast() throws {
        for bad in [
            #"{"type":"ice_candidate","candidate":{"candidate":1,"x":}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":1}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":1}}x"#,
            #"{"type":"ice_candidate","candidate":{"candidate""#, #"{"candidate":"#, #"{"candidate":{"#,
        ] {
            #expect(throws: SignalingError.invalidJSON) { try parse(bad) }
        }
        func nested(_ depth: Int) -> String {
            #"{"type":"ice_candidate","candidate":{"candidate":"c","x":"#
                + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}}"
        }
        guard case .candidate = try parse(nested(30)) else { return #expect(Bool(false)) }
        #expect(throws: SignalingError.invalidJSON) { try parse(nested(31)) }
        var rules = SignalingRules()
        rules.maxCandidateBytes = 10
        #expect(throws: SignalingError.tooLarge) {
            try parse(#"{"type":"ice_candidate","candidate":{"candidate":1}}"#, rules: rules)
        }
    }
}
