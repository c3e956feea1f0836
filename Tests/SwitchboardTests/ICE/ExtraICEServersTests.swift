import Testing

@testable import Switchboard

@Suite("Further ICE servers")
struct ExtraICEServersTests {
    @Test(
        "Lists are refused as a whole if one is wrong",
        arguments: [
            ("stun:a,stun:b:1", true), ("stun:a, stuns:b", true), ("[]", true),
            ("turn:a", false), ("stun:a,", false), ("x", false), ("[{}]", false), ("[", false),
            (#"[{"urls":[]}]"#, false), (#"[{"urls":"turn:a"}]"#, false),
            (#"[{"urls":"turn:a","username":"u","credential":""}]"#, false),
            (#"[{"urls":"turn:a","username":"u","credential":"c"}]"#, true),
        ])
    func extra(text: String, isList: Bool) {
        #expect((ExtraICEServers(text) != nil) == isList)
    }
}
