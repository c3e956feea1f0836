import JSON
import Testing

@testable import ICE

@Suite("Further ICE servers")
struct ExtraICEServersTests {
    @Test(
        "Lists are refused as a whole if one is wrong",
        arguments: [
            ("stun:a,stun:b:1", true), ("stun:a, stuns:b", true), ("[]", true), ("\u{FEFF}[]", true),
            ("\u{FEFF}stun:a", true),
            ("turn:a", false), ("stun:a,", false), ("x", false), ("[{}]", false), ("[", false),
            (#"[{"urls":[]}]"#, false), (#"[{"urls":"turn:a"}]"#, false),
            (#"[{"urls":"turn:a","username":"u","credential":""}]"#, false),
            (#"[{"urls":"turn:a","username":"u","credential":"c"}]"#, true),
        ])
    func extra(text: String, isList: Bool) {
        #expect((ExtraICEServers(text) != nil) == isList)
    }

    @Test(
        "What providers answer is taken as it is",
        arguments: [
            // Cloudflare, which once answered one object and now an array.
            #"{"iceServers":{"urls":["stun:a","turn:a?transport=udp"],"username":"u","credential":"c"}}"#,
            #"{"iceServers":[{"urls":["stun:a","turn:a?transport=udp"],"username":"u","credential":"c"}]}"#,
            #"{"v":{"iceServers":{"urls":["stun:a","turn:a?transport=udp"],"username":"u","credential":"c"}},"s":"ok"}"#,
            // Twilio, with much around it and the old name beside the new one.
            #"""
            {"ttl":"86400","username":"u","ice_servers":[{"url":"stun:old","urls":["stun:a","turn:a?transport=udp"],
            "username":"u","credential":"c"}]}
            """#,
            #"{"urls":["stun:a","turn:a?transport=udp"],"username":"u","credential":"c"}"#,
            #" [{"url":["stun:a","turn:a?transport=udp"],"username":"u","credential":"c"}] "#,
        ])
    func providers(text: String) throws {
        let servers = try #require(ExtraICEServers(text)).servers
        #expect(
            servers.map { String(decoding: $0.text, as: UTF8.self) } == [
                #"{"urls":["stun:a","turn:a?transport=udp"],"username":"u","credential":"c"}"#
            ])
    }

    @Test(
        "A refusal names the element and its member, and no value",
        arguments: [
            ("[", "it is no JSON"), (#"{"iceServers":7}"#, "iceServers is neither an array nor an object"),
            ("[1]", "element 1: it is no object"), (#"[{"urls":"stun:a"},{}]"#, "element 2: urls is missing"),
            (#"{"url":1}"#, "element 1: url is neither a text nor an array of texts"),
            (#"[{"urls":[]}]"#, "element 1: urls has not 1 to 16 URLs"),
            (
                #"[{"urls":["stun:a","hush:b"]}]"#,
                "element 1: urls, URL 2, is none of stun:, stuns:, turn: or turns:"
            ),
            (
                #"[{"urls":"turn:a","credential":"hush"}]"#,
                "element 1: username is missing, and a TURN server needs it"
            ),
            (
                #"[{"urls":"turn:a","username":"hush","credential":null}]"#,
                "element 1: credential is missing, and a TURN server needs it"
            ),
            (#"[{"urls":"stun:a","username":5}]"#, "element 1: username is no text"),
            ("stun:a,hush", "element 2: urls, URL 1, is none of stun:, stuns:, turn: or turns:"),
        ])
    func reasons(text: String, reason: String) {
        #expect(ExtraICEServers.reason(text) == reason)
        #expect(!reason.contains("hush"))
    }

    @Test("There may be 16 servers with 16 URLs each")
    func bounds() {
        func list(_ servers: Int, _ urls: Int) -> String {
            let server = #"{"urls":[\#(Array(repeating: #""stun:a""#, count: urls).joined(separator: ","))]}"#
            return "[\(Array(repeating: server, count: servers).joined(separator: ","))]"
        }
        #expect(ExtraICEServers.reason(list(16, 16)) == nil)
        #expect(ExtraICEServers.reason(list(17, 1)) == "there are more than 16 elements")
        #expect(ExtraICEServers.reason(list(1, 17)) == "element 1: urls has not 1 to 16 URLs")
    }
}
