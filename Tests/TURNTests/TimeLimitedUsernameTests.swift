import STUN
import Testing
import Timing

@testable import TURN

@Suite("Time-limited usernames as applications make them")
struct TimeLimitedUsernameTests {
    @Test(
        "The time stands before the first colon if digits alone do, else behind it; the rest is the id",
        arguments: [
            ("123", 123, nil), ("123:", 123, nil), (":123", 123, nil), ("123:alice", 123, "alice"),
            ("alice:123", 123, "alice"), ("123:456", 123, "456"), ("123:a:b", 123, "a:b"),
            ("123::", 123, ":"), ("12a:456", 456, "12a"), ("-1:456", 456, "-1"),
            ("123:\u{301}x", 123, "\u{301}x"), ("18446744073709551615", UInt64.max, nil),
        ] as [(String, UInt64, String?)])
    func forms(name: String, seconds: UInt64, id: String?) throws {
        let parts = try #require(TimeLimitedUsername(name))
        #expect(parts.expiry == UnixTime(seconds: seconds))
        #expect(parts.id.map { Array($0.utf8) } == id.map { Array($0.utf8) })
    }

    @Test(
        "What is no plain number is no time",
        arguments: [
            "", ":", "::", "alice", "alice:", ":alice", "a:b:123", ":123:x", "alice:123:x", "-123", "+123",
            " 123",
            "123 ", "123.5", "123.5:", "alice:123.5", "alice:-123", "0x7b", "1e9", "١٢٣",
            "18446744073709551616",
            "000000000000000000123", "99999999999999999999999999:alice", "alice:99999999999999999999999999",
        ])
    func refused(name: String) { #expect(TimeLimitedUsername(name) == nil) }

    private func code(_ stage: Stage, _ name: String, port: UInt16) -> UInt16? {
        Client(
            stage, port: port, username: name,
            password: TimeLimitedCredential.password(name, SharedSecret("s3cret"))
        ).allocate()?.code
    }

    @Test("Each name without an id has a quota of its own, and none of the other kinds' quotas")
    func quotas() {
        let stage = Stage { $0.quotas.perUser = 1 }
        let (soon, later) = (Stage.start + 100, Stage.start + 101)
        let names = ["\(soon)", "\(soon):", ":\(soon)", "\(later)", "\(soon):\(soon)", "\(soon):name"]
        for (number, name) in names.enumerated() {
            let port = 40_000 + 2 * UInt16(number)
            #expect(code(stage, name, port: port) == nil, "\(name)")
            #expect(code(stage, name, port: port + 1) == 486, "\(name)")
        }
    }

    @Test("An id is one user, on whichever side of the time it stands")
    func sides() {
        let stage = Stage { $0.quotas.perUser = 1 }
        #expect(code(stage, "\(Stage.start + 100):alice", port: 40_000) == nil)
        #expect(code(stage, "alice:\(Stage.start + 100)", port: 40_001) == 486)
        #expect(code(stage, "bob:\(Stage.start + 100)", port: 40_002) == nil)
    }

    @Test("Their age counts in every form")
    func expiry() {
        let stage = Stage()
        for (number, form) in ["", ":", ":alice"].enumerated() {
            #expect(code(stage, "\(Stage.start)" + form, port: 40_000 + UInt16(number)) == 401)
        }
        #expect(code(stage, "alice:\(Stage.start)", port: 41_000) == 401)
        #expect(code(stage, "\(Stage.start):\(Stage.start + 100)", port: 41_001) == 401)
    }
}
