import SettingFixtures
import Testing

@testable import Settings

@Suite("Settings that have to go with one another")
struct SettingRelationTests {
    @Test("The defaults go with one another")
    func defaults() {
        for relation in SettingRelation.all {
            #expect(
                relation.holds(.defaults), "\(relation.left.name) \(relation.rule)")
        }
    }

    @Test(
        "Values that cannot work together stop the start with one line that names both",
        arguments: [
            (
                ["MAX_OUTBOX_BYTES": "262143"],
                "MAX_OUTBOX_BYTES \"262143\" does not go with MAX_MESSAGE_BYTES 131072 (default); "
                    + "allowed: MAX_OUTBOX_BYTES at least twice MAX_MESSAGE_BYTES"
            ),
            (
                ["MAX_MESSAGE_BYTES": "524289"],
                "MAX_OUTBOX_BYTES 1048576 (default) does not go with MAX_MESSAGE_BYTES \"524289\"; "
                    + "allowed: MAX_OUTBOX_BYTES at least twice MAX_MESSAGE_BYTES"
            ),
            (
                ["MAX_SDP_BYTES": "131072"],
                "MAX_SDP_BYTES \"131072\" does not go with MAX_MESSAGE_BYTES 131072 (default); "
                    + "allowed: MAX_SDP_BYTES below MAX_MESSAGE_BYTES"
            ),
            (
                ["MAX_CANDIDATE_BYTES": "140000"],
                "MAX_CANDIDATE_BYTES \"140000\" does not go with MAX_MESSAGE_BYTES 131072 (default); "
                    + "allowed: MAX_CANDIDATE_BYTES below MAX_MESSAGE_BYTES"
            ),
            (
                ["MAX_CONNECTIONS": "10", "MAX_CONNECTIONS_PER_ADDRESS": "11"],
                "MAX_CONNECTIONS_PER_ADDRESS \"11\" does not go with MAX_CONNECTIONS \"10\"; "
                    + "allowed: MAX_CONNECTIONS_PER_ADDRESS at most MAX_CONNECTIONS"
            ),
            (
                ["ACCEPT_LOCKOUT_MAX": "899.9"],
                "ACCEPT_LOCKOUT 900 (default) does not go with ACCEPT_LOCKOUT_MAX \"899.9\"; "
                    + "allowed: ACCEPT_LOCKOUT at most ACCEPT_LOCKOUT_MAX"
            ),
            (
                ["DRAIN_SPREAD": "15.5"],
                "DRAIN_SPREAD \"15.5\" does not go with SHUTDOWN_TIMEOUT 30 (default); "
                    + "allowed: DRAIN_SPREAD at most half of SHUTDOWN_TIMEOUT"
            ),
        ])
    func refused(environment: [String: String], expected: String) async throws {
        #expect(try await refusal(environment: environment) == expected)
    }

    @Test(
        "Values at the very edge are accepted",
        arguments: [
            ["MAX_OUTBOX_BYTES": "262144"],
            ["MAX_MESSAGE_BYTES": "524288"],
            ["MAX_MESSAGE_BYTES": "114689"],
            ["MAX_CONNECTIONS_PER_ADDRESS": "50000"],
            ["ACCEPT_LOCKOUT": "900", "ACCEPT_LOCKOUT_MAX": "900"],
            ["DRAIN_SPREAD": "15"],
            ["MAX_BODY_BYTES": "1048576", "MAX_PURGE_BODY_BYTES": "1048576"],
        ])
    func accepted(environment: [String: String]) async throws {
        #expect(try await refusal(environment: environment) == "accepted")
    }

    @Test("A server for few connections needs no limit for each address")
    func fewConnections() async throws {
        #expect(try await refusal(environment: ["MAX_CONNECTIONS": "3"]) == "accepted")
    }

    @Test(
        "A body may not be longer than what the server reads of any",
        arguments: ["MAX_BODY_BYTES", "MAX_PURGE_BODY_BYTES"])
    func bodies(name: String) async throws {
        #expect(
            try await refusal(environment: [name: "1048577"])
                == "\(name) \"1048577\" in the environment is not allowed; "
                + "allowed: a whole number of bytes from 64 to 1048576")
    }
}
