import Addresses
import Foundation
import SettingFixtures
import TURN
import Testing

@testable import Settings

@Suite("turnserver.conf")
struct TurnServerFileTests {
    /// Every key that has a meaning here.
    private static let whole = """
        # a deployment as coturn would read it
        listening-port=4000
        tls-listening-port = 4001
        listening-ip=192.0.2.1
        listening-ip=2001:db8::1
        relay-ip=192.0.2.2
        external-ip=198.51.100.7/192.0.2.2
        external-ip=turn.example.org/192.0.2.3
        min-port=50000
        max-port 50100
        lt-cred-mech
        user=testuser:testpass
        user="other:with,comma and \\ backslash"
        realm=example.org
        use-auth-secret
        static-auth-secret=north
        static-auth-secret=south,east
        no-multicast-peers
        denied-peer-ip=203.0.113.0-203.0.113.255
        denied-peer-ip=2001:db8::/32
        allowed-peer-ip=10.1.2.3
        allow-loopback-peers
        cert=/etc/turn/cert.pem
        pkey=/etc/turn/key.pem
        user-quota=3
        total-quota=0
        max-bps=64000
        stale-nonce
        fingerprint
        no-stun-backward-compatibility
        no-udp
        no-tcp=0
        no-tls=yes
        relay-threads=2
        verbose
        """

    @Test("Every key that both servers have sets what it sets in coturn")
    func keys() async throws {
        let values = try await values(turnServer: Self.whole)
        #expect(values.relay.port == 4000)
        #expect(values.relay.tlsPort == 4001)
        #expect(values.relay.listenIPs == [IPAddress("192.0.2.1"), IPAddress("2001:db8::1")])
        #expect(values.relay.ips == [IPAddress("192.0.2.2")])
        #expect(values.relay.externalIPs.map(\.publicHost) == ["198.51.100.7", "turn.example.org"])
        #expect(
            values.relay.externalIPs.map(\.privateAddress)
                == [IPAddress("192.0.2.2"), IPAddress("192.0.2.3")])
        #expect(values.relay.minPort == 50_000)
        #expect(values.relay.maxPort == 50_100)
        #expect(
            values.relay.users
                == [RelayUser("testuser:testpass"), RelayUser(#"other:with,comma and \ backslash"#)])
        #expect(values.turn.realm == "example.org")
        #expect(values.relay.secrets == ["north", "south,east"])
        #expect(
            values.turn.peers.denied
                == [IPRange("203.0.113.0-203.0.113.255"), IPRange("2001:db8::/32")])
        #expect(values.turn.peers.allowed == [IPRange("10.1.2.3")])
        #expect(values.turn.peers.allowsLoopback)
        #expect(values.relay.certificate.chain == "/etc/turn/cert.pem")
        #expect(values.relay.certificate.key == "/etc/turn/key.pem")
        #expect(values.turn.quotas.perUser == 3)
        #expect(values.turn.quotas.total == 0)
        #expect(values.turn.maxBytesPerSecond == 64_000)
        #expect(values.turn.nonceSeconds == 600)
        #expect(values.turn.alwaysFingerprints)
        #expect(!values.turn.answersClassicBinding)
        #expect(!values.relay.servesUDP)
        #expect(values.relay.servesTCP)
        #expect(!values.relay.servesTLS)
        #expect(values.relay.loops == 2)
        #expect(values.relay.isVerbose)
    }

    @Test("A byte order mark before the first key is ignored")
    func byteOrderMark() async throws {
        #expect(try await values(turnServer: "\u{FEFF}listening-port=4000\n").relay.port == 4000)
    }

    @Test("Every other source goes before it")
    func precedence() async throws {
        let file = "listening-port=1\nrealm=file\nmin-port=50001\nmax-port=50002\nuser=a:b\nfingerprint\n"
        let values = try await values(
            ["--relay-port", "4"], environment: ["RELAY_REALM": "environment"],
            dotEnv: "RELAY_MIN_PORT=50003\n",
            json: #"{"relay-max-port": 50004, "relay-fingerprint": false}"#, turnServer: file)
        #expect(values.relay.port == 4)
        #expect(values.turn.realm == "environment")
        #expect(values.relay.minPort == 50_003)
        #expect(values.relay.maxPort == 50_004)
        #expect(!values.turn.alwaysFingerprints)
        #expect(values.relay.users == [RelayUser("a:b")])
    }

    @Test(
        "A mistake stops the start with one line that names key, line and what is allowed",
        arguments: [
            (
                "\n# c\nlistening-prot=1\n",
                "unknown key \"listening-prot\" in FILE, line 3; did you mean listening-port?"
            ),
            ("qqq=1", "unknown key \"qqq\" in FILE, line 1; coturn 4.6.1 has none either"),
            (
                "realm=a\nlistening-port=http",
                "listening-port \"http\" in FILE, line 2 is not allowed; allowed: a whole number from 0 to 65535"
            ),
            (
                "min-port=",
                "min-port \"\" in FILE, line 1 is not allowed; allowed: a whole number from 1024 to 65535"
            ),
            (
                "user=hush",
                "user (secret) in FILE, line 1 is not allowed; allowed: "
                    + Settings.at(\.relay.users).allowed
            ),
            (
                "static-auth-secret=hush ",
                "static-auth-secret in FILE, line 1 has spaces at an end of its value; allowed: none there"
            ),
            (
                "denied-peer-ip=10.0.0.9-10.0.0.1",
                "denied-peer-ip \"10.0.0.9-10.0.0.1\" in FILE, line 1 is not allowed; allowed: "
                    + Settings.at(\.turn.peers.denied).allowed
            ),
            (
                "no-udp=perhaps",
                "no-udp \"perhaps\" in FILE, line 1 is not allowed; allowed: nothing, or on, yes, true, 1 "
                    + "or off, no, false, 0"
            ),
            (
                "min-port=50001\nmax-port=50000",
                "RELAY_MIN_PORT \"50001\" does not go with RELAY_MAX_PORT \"50000\"; "
                    + "allowed: RELAY_MIN_PORT at most RELAY_MAX_PORT"
            ),
            (
                "cert=/c.pem",
                "RELAY_CERT \"/c.pem\" does not go with RELAY_KEY that is not set; "
                    + "allowed: RELAY_CERT together with RELAY_KEY or not at all"
            ),
        ])
    func refused(text: String, expected: String) async throws {
        #expect(try await refusal(turnServer: text) == expected)
    }

    @Test("What has no meaning here is reported once, with the lines, and what is always so apart")
    func meaningless() async throws {
        let file = "no-cli\nlog-file=stdout\ncli-port=5766\nmobility\nlog-file=x\nno-multicast-peers=0\n"
        func lines(_ notes: [String]) -> [Substring] {
            notes.map { $0.split(separator: ".conf ", maxSplits: 1)[1] }
        }
        #expect(
            lines(try await notices(turnServer: file)) == [
                "has keys without a meaning here: log-file (line 2), cli-port (line 3), mobility (line 4), "
                    + "log-file (line 5), no-multicast-peers (line 6)"
            ])
        #expect(
            lines(try await remarks(turnServer: file)) == ["asks for what is always so: no-cli (line 1)"])
    }

    @Test("The default file may be missing, a named one may not, and none reads none")
    func missing() async throws {
        #expect(try await refusal(environment: ["TURN_CONFIG": "none"]) == "accepted")
        #expect(try await refusal() == "accepted")
        #expect(
            try await refusal(environment: ["TURN_CONFIG": "/nonexistent/turn.conf"])
                == "TURN_CONFIG \"/nonexistent/turn.conf\" cannot be read; "
                + "allowed: the path of a readable turnserver.conf, or none")
    }

    @Test("Every key of coturn 4.6.1 is known, once")
    func names() {
        #expect(Set(TurnServerKey.all.map(\.name)).count == TurnServerKey.all.count)
        #expect(TurnServerKey.all.count >= 111)
    }

    @Test("The file that is shipped is accepted, holds no secret, and asks for nothing that there is not")
    func shipped() async throws {
        let text = try String(
            contentsOf: packageRoot.appending(path: "turn-server/turnserver.conf"), encoding: .utf8)
        let values = try await values(turnServer: text)
        #expect(values.relay.secrets.isEmpty)
        #expect(values.relay.users.isEmpty)
        #expect(try await notices(turnServer: text).isEmpty)
    }
}

@Suite("A line of turnserver.conf")
struct TurnServerLineTests {
    @Test(
        "is a key and what stands behind spaces, tabs or equals signs",
        arguments: [
            ("a=b", "a", "b"), ("  a = b c ", "a", "b c "), ("a\tb", "a", "b"), ("a b=c", "a", "b=c"),
            ("a", "a", ""),
            ("a=", "a", ""), ("a==b=", "a", "b="), ("a=b # c", "a", "b # c"), ("a=\"b c \" ", "a", "b c "),
            ("a=\"b", "a", "b"), ("a=b\r", "a", "b"), ("a=é", "a", "é"),
        ])
    func parts(text: String, key: String, value: String) throws {
        let line = try #require(TurnServerLine(text[...]))
        #expect(line.key == key)
        #expect(line.value == value)
    }

    @Test("says nothing when it is empty or a comment", arguments: ["", "   ", "# a=b", "\t#", "\r"])
    func nothing(text: String) {
        #expect(TurnServerLine(text[...]) == nil)
    }
}
