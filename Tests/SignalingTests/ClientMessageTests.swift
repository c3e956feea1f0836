import Signaling
import Testing

/// Parses text as a client message.
func parse(_ text: String, rules: SignalingRules = SignalingRules()) throws(SignalingError) -> ClientMessage {
    try parse(Array(text.utf8), rules: rules)
}

func parse(_ bytes: [UInt8], rules: SignalingRules = SignalingRules()) throws(SignalingError) -> ClientMessage
{
    let result = bytes.withUnsafeBytes { raw in
        Result { () throws(SignalingError) in try ClientMessage.parse(raw, rules: rules) }
    }
    return try result.get()
}

@Suite("A client message")
struct ClientMessageTests {
    @Test(
        "is known by its type",
        arguments: [
            (#"{"type":"leave_room"}"#, .leaveRoom), (#"{"type":"ping"}"#, .ping),
            (#" { "type" : "ping" , "more" : [ 1 , { } , null ] } "#, .ping),
            (#"{"type":"join_room","roomId":"r1"}"#, .joinRoom(id: "r1", device: nil)),
            (#"{"roomId":"r1","type":"join_room"}"#, .joinRoom(id: "r1", device: nil)),
        ] as [(String, ClientMessage)])
    func types(text: String, expected: ClientMessage) throws {
        #expect(try parse(text) == expected)
    }

    @Test("may spell keys, types and ids with escapes")
    func escapes() throws {
        #expect(try parse(#"{"ty\u0070e":"p\u0069ng"}"#) == .ping)
        #expect(
            try parse(#"{"type":"join_room","roomId":"room\u0031"}"#) == .joinRoom(id: "room1", device: nil))
        #expect(
            try parse(#"{"type":"join_room","roomId":"\ud83d\ude00\n\"\\\/"}"#)
                == .joinRoom(id: "😀\n\"\\/", device: nil))
        #expect(try parse(#"{"type":"webrtc\u005foffer","sdp":"x"}"#) == .description(.offer, sdp: 34..<37))
    }

    @Test("lets the last of duplicate members count")
    func duplicates() throws {
        #expect(try parse(#"{"type":"nonsense","type":"ping"}"#) == .ping)
        #expect(throws: SignalingError.invalidMessage) { try parse(#"{"type":"ping","type":1}"#) }
        #expect(
            try parse(#"{"type":"join_room","roomId":"a","roomId":"b"}"#) == .joinRoom(id: "b", device: nil))
    }

    @Test("points at the payload's own bytes")
    func payloads() throws {
        let offer = #"{"type":"webrtc_offer","sdp":"v=0\r\n"}"#
        guard case .description(.offer, let sdp) = try parse(offer) else { return #expect(Bool(false)) }
        #expect(String(decoding: Array(offer.utf8)[sdp], as: UTF8.self) == #""v=0\r\n""#)
        let candidate = #"{"candidate": {"candidate":"c","sdpMid":null,"x":[1.5e3]} ,"type":"ice_candidate"}"#
        guard case .candidate(let range) = try parse(candidate) else { return #expect(Bool(false)) }
        #expect(
            String(decoding: Array(candidate.utf8)[range], as: UTF8.self)
                == #"{"candidate":"c","sdpMid":null,"x":[1.5e3]}"#)
        #expect(try parse(#"{"type":"ice_candidate","candidate":null}"#) == .candidate(36..<40))
    }

    @Test("may have a byte order mark before it, which is no part of what is forwarded")
    func byteOrderMark() throws {
        #expect(try parse("\u{FEFF}{\"type\":\"ping\"}") == .ping)
        let message = try parse("\u{FEFF} {\"type\":\"key_exchange\"}")
        #expect(message == .application(type: 12..<26, object: 4..<27))
    }

    @Test(
        "is refused as invalid_json when it is none",
        arguments: [
            "", " ", "{", "}", "nul", "{\"type\":\"ping\"", "{\"type\":\"ping\"}x", "{\"type\":\"ping\",}",
            "{type:\"ping\"}",
            "{\"type\" \"ping\"}", "{\"a\":01,\"type\":\"ping\"}", "{\"a\":1.,\"type\":\"ping\"}",
            "{\"a\":.5}", "{\"a\":+1}",
            "{\"a\":1e}", "{\"a\":-}", "{\"a\":tru}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\\u12\"}", "{\"a\":\"\u{1}\"}",
            "{\"a\":\"tab\there\"}", "[1,2", "[1 2]", "[,]", "{\"a\":[}]}", "'{}'", "{\"a\":\"open}",
            "\u{FEFF}", "\u{FEFF}\u{FEFF}{\"type\":\"ping\"}", " \u{FEFF}{\"type\":\"ping\"}",
            "{\"type\":\u{FEFF}\"ping\"}", "{\"type\":\"ping\"}\u{FEFF}",
            String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 20_000),
        ])
    func invalidJSON(text: String) {
        #expect(throws: SignalingError.invalidJSON) { try parse(text) }
    }

    @Test(
        "is refused when its bytes are no UTF-8",
        arguments: [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]]
            as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let text = Array(#"{"type":"ping","a":""#.utf8) + bytes + Array(#""}"#.utf8)
        #expect(throws: SignalingError.invalidJSON) { try parse(text) }
    }

    @Test(
        "is refused as invalid_message when a member has the wrong shape",
        arguments: [
            "1", "null", "\"ping\"", "[]", "{}", #"{"type":1}"#, #"{"type":null}"#, #"{"type":["ping"]}"#,
            #"{"type":"webrtc_offer"}"#, #"{"type":"webrtc_offer","sdp":null}"#,
            #"{"type":"webrtc_answer","sdp":{"sdp":"x"}}"#,
            #"{"type":"ice_candidate"}"#, #"{"type":"ice_candidate","candidate":"c"}"#,
            #"{"type":"ice_candidate","candidate":[]}"#,
            #"{"type":"ice_candidate","candidate":{}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":null}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":"c","sdpMid":0}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":"c","sdp\u004did":0}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":"c","sdpMLineIndex":"0"}}"#,
            #"{"type":"ice_candidate","candidate":{"candidate":"c","sdpMLineIndex":true}}"#,
        ])
    func invalidMessage(text: String) {
        #expect(throws: SignalingError.invalidMessage) { try parse(text) }
    }

    @Test(
        "is refused when its type is unknown",
        arguments: [#"{"type":""}"#, #"{"type":"PING"}"#, #"{"type":"room_ready"}"#, #"{"type":"\ud800"}"#])
    func unknownType(text: String) {
        #expect(throws: SignalingError.unknownType) { try parse(text) }
    }

    @Test("has a room id of 1 to 128 characters")
    func roomIDs() throws {
        func join(_ id: String) throws(SignalingError) -> ClientMessage {
            try parse(#"{"type":"join_room","roomId":\#(id)}"#)
        }
        for bad in [
            "\"\"", "1", "null", "[\"r\"]", #""\ud800""#, "\"\(String(repeating: "a", count: 129))\"",
        ] {
            #expect(throws: SignalingError.invalidRoomID) { try join(bad) }
        }
        #expect(throws: SignalingError.invalidRoomID) { try parse(#"{"type":"join_room"}"#) }
        for good in [String(repeating: "a", count: 128), String(repeating: "😀", count: 128), " "] {
            #expect(try join("\"\(good)\"") == .joinRoom(id: LiveRoomID(stringLiteral: good), device: nil))
        }
    }

    @Test("tells room ids apart that only look alike")
    func canonicalEquivalence() throws {
        #expect("\u{E9}" == "e\u{301}")
        #expect(LiveRoomID("\u{E9}") != LiveRoomID("e\u{301}"))
        #expect(LiveRoomID("\u{E9}") == LiveRoomID("\u{E9}"))
    }

    @Test("is bounded in what it may carry, counted without escapes")
    func sizes() throws {
        var rules = SignalingRules()
        rules.maxSDPBytes = 10
        rules.maxCandidateBytes = 30
        #expect(throws: SignalingError.tooLarge) {
            try parse(#"{"type":"webrtc_offer","sdp":"12345678901"}"#, rules: rules)
        }
        _ = try parse(#"{"type":"webrtc_offer","sdp":"1234567890"}"#, rules: rules)
        _ = try parse(#"{"type":"webrtc_offer","sdp":"12345678\r\n"}"#, rules: rules)
        _ = try parse(#"{"type":"ice_candidate","candidate":{"candidate":"12345678901234"}}"#, rules: rules)
        #expect(throws: SignalingError.tooLarge) {
            try parse(#"{"type":"ice_candidate","candidate":{"candidate":"123456789012345"}}"#, rules: rules)
        }
    }

    @Test("carries the device only as a mark that tells devices apart")
    func devices() throws {
        let mark = try parse(#"{"type":"join_room","roomId":"r","deviceId":"phone-1"}"#)
        #expect(mark == .joinRoom(id: "r", device: DeviceMark("phone-1")))
        #expect(mark != .joinRoom(id: "r", device: DeviceMark("phone-2")))
        #expect(!"\(mark)".contains("phone-1"))
        #expect(
            try parse(#"{"type":"join_room","roomId":"r","deviceId":7}"#) == .joinRoom(id: "r", device: nil))
    }

    @Test("never comes out of a truncated text")
    func truncation() {
        let text = Array(
            #"{"type":"ice_candidate","candidate":{"candidate":"c \u00e9 é","sdpMLineIndex":0,"sdpMid":"0"},"x":[true,false,null,-1.5e-3]}"#
                .utf8)
        for count in 0..<text.count {
            #expect(throws: SignalingError.invalidJSON) { try parse(Array(text.prefix(count))) }
        }
        #expect(throws: Never.self) { try parse(text) }
    }

    @Test("may hold every byte at every place of a string that it may hold at all")
    func stringBytes() {
        for byte in UInt8.min...UInt8.max {
            let isAllowed = (0x20..<0x80).contains(byte) && byte != 0x22 && byte != 0x5C
            for position in 0..<40 {
                var inner = [UInt8](repeating: 0x61, count: 40)
                inner[position] = byte
                let text = Array(#"{"type":"ping","a":""#.utf8) + inner + Array(#""}"#.utf8)
                let isValid = (try? parse(text)) == .ping
                #expect(isValid == isAllowed)
            }
        }
    }

    @Test("nests no deeper than 32 levels")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            #"{"type":"ping","a":"# + String(repeating: "[", count: depth)
                + String(repeating: "]", count: depth) + "}"
        }
        #expect(try parse(nested(31)) == .ping)
        #expect(throws: SignalingError.invalidJSON) { try parse(nested(33)) }
    }
}

@Suite("A forwarded message")
struct ForwardingTests {
    private let client = { () -> ClientID in
        var generator = SystemRandomNumberGenerator()
        return ClientID(using: &generator)
    }()

    private func text(_ message: SplicedMessage) -> String {
        var bytes = [UInt8](repeating: 0, count: message.count)
        bytes.withUnsafeMutableBytes { message.write(to: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("says who sent it and where, around the bytes that came")
    func splice() {
        let forwarding = Forwarding(from: client, roomID: "r\"1")
        let origin = #""from":"\#(client.text)","roomId":"r\"1","#
        Array("\"v=0\"".utf8).withUnsafeBytes {
            #expect(
                text(forwarding.description(.offer, sdp: $0))
                    == #"{"type":"webrtc_offer",\#(origin)"sdp":"v=0"}"#)
            #expect(
                text(forwarding.description(.answer, sdp: $0))
                    == #"{"type":"webrtc_answer",\#(origin)"sdp":"v=0"}"#)
        }
        Array("null".utf8).withUnsafeBytes {
            #expect(text(forwarding.candidate($0)) == #"{"type":"ice_candidate",\#(origin)"candidate":null}"#)
        }
    }

    @Test("keeps an application's members and drops those it must not choose")
    func application() throws {
        let forwarding = Forwarding(from: client, roomID: "r")
        let text =
            #"{"from":"me","type":"key_exchange","publicKey":"k","ro\u006fmId":"x","timestamp": 1.0,"sessionId":"s"}"#
        guard case .application(let type, let object) = try parse(text) else { return #expect(Bool(false)) }
        let bytes = Array(text.utf8).withUnsafeBytes {
            forwarding.application(type: type, object: object, in: $0)
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"type":"key_exchange","from":"\#(client.text)","roomId":"r","publicKey":"k","timestamp":1.0,"sessionId":"s"}"#
        )
    }
}

@Suite("A client id")
struct ClientIDTests {
    @Test("is a random UUID of version 4 in lower case")
    func form() {
        var generator = SystemRandomNumberGenerator()
        let texts = (0..<100).map { _ in ClientID(using: &generator).text }
        #expect(Set(texts).count == 100)
        for text in texts {
            #expect(
                text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                    != nil)
        }
    }
}
