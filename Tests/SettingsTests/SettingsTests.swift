import Access
import Addresses
import Foundation
import Logging
import Requests
import SettingFixtures
import Signaling
import Telemetry
import Testing
import WebAPI
import WebServer

@testable import Settings

@Suite("Settings")
struct SettingsTests {
    @Test("Without any source every setting has its default, and every default is a value that could be set")
    func defaults() async throws {
        let values = try await values()
        #expect(values.web.port == 8080)
        #expect(values.web.host == "0.0.0.0")
        #expect(values.pairing.isOn == false)
        #expect(values.pairing.databasePath == "./data/chat.db")
        #expect(values.web.allowedOrigins == .any)
        #expect(values.roomPolicy == .open)
        #expect(values.web.trustedProxies == [])
        #expect(values.adminToken == nil)
        #expect(values.web.signaling.forwardedTypes == ["key_exchange", "key_exchange_complete"])
        #expect(values.web.sessions.pingInterval == .seconds(25))
        for setting in Settings.all where !setting.defaultText.isEmpty {
            #expect(setting.accepts(setting.defaultText), "\(setting.name)")
        }
    }

    @Test("A default as documented is the default in the program")
    func documentedDefaults() async throws {
        let written = Settings.all.filter { !$0.defaultText.isEmpty }.map { ($0.name, $0.defaultText) }
        let spelledOut = try await values(environment: Dictionary(uniqueKeysWithValues: written))
        let untouched = try await values()
        expectEqual(WebServerConfiguration(spelledOut), WebServerConfiguration(untouched))
        expectEqual(WebAPIConfiguration(spelledOut), WebAPIConfiguration(untouched))
        #expect(spelledOut.log.format == untouched.log.format)
        #expect(spelledOut.log.level == untouched.log.level)
        #expect(spelledOut.pairing.sweepInterval == untouched.pairing.sweepInterval)
        #expect(spelledOut.shutdownTimeout == untouched.shutdownTimeout)
    }

    @Test("The web server's own defaults are the documented ones")
    func webServerDefaults() async throws {
        expectEqual(WebServerConfiguration(try await values()), WebServerConfiguration())
        expectEqual(WebAPIConfiguration(try await values()), WebAPIConfiguration())
    }

    /// Compares by description; a set, whose description has no order, by itself.
    private func expectEqual(_ left: WebServerConfiguration, _ right: WebServerConfiguration) {
        #expect(left.signaling.forwardedTypes == right.signaling.forwardedTypes)
        var (left, right) = (left, right)
        left.signaling.forwardedTypes = []
        right.signaling.forwardedTypes = []
        #expect(String(describing: left) == String(describing: right))
    }

    private func expectEqual(_ left: WebAPIConfiguration, _ right: WebAPIConfiguration) {
        #expect(String(describing: left) == String(describing: right))
    }

    @Test("Names, keys and flags are unique and derived from one another")
    func names() {
        #expect(Set(Settings.all.map(\.name)).count == Settings.all.count)
        #expect(Set(Settings.all.map(\.flag)).count == Settings.all.count)
        for setting in Settings.all where setting.name != "CONFIG_FILE" {
            #expect(setting.flag == "--" + setting.name.lowercased().replacing("_", with: "-"))
        }
    }

    @Test("Command line, environment, .env and JSON file decide in this order, and empty values do not count")
    func precedence() async throws {
        let json = #"{"port": 1, "host": "a", "message-burst": 11, "ping-interval": 1.5, "use-sqlite": true}"#
        let dotEnv = "PORT=2\nHOST=b\nMESSAGE_BURST=\nEVENT_LOOPS=7\n"
        let environment = ["PORT": "3", "HOST": "", "EVENT_LOOPS": ""]
        let all = try await values(
            ["--port", "4", "--host="], environment: environment, dotEnv: dotEnv, json: json)
        #expect(all.web.port == 4)
        #expect(all.web.host == "b")
        #expect(all.web.sessions.messageBurst == 11)
        #expect(all.web.sessions.pingInterval == .milliseconds(1_500))
        #expect(all.pairing.isOn)
        #expect(all.web.eventLoops == 7)
        #expect(try await values(environment: environment, dotEnv: dotEnv, json: json).web.port == 3)
        #expect(try await values(dotEnv: dotEnv, json: json).web.port == 2)
        #expect(try await values(json: json).web.port == 1)
    }

    @Test("A byte order mark before the JSON file is ignored")
    func byteOrderMark() async throws {
        #expect(try await values(json: "\u{FEFF}{\"port\": 7, \"host\": \"a\"}").web.port == 7)
    }

    @Test(
        "Switches understand what people write",
        arguments: [
            ("1", true), ("true", true), ("YES", true), ("on", true), ("0", false), ("False", false),
            ("no", false),
            ("off", false),
        ])
    func switches(text: String, expected: Bool) async throws {
        #expect(try await values(environment: ["USE_SQLITE": text]).pairing.isOn == expected)
        #expect(try await values(["--use-sqlite", text]).pairing.isOn == expected)
        #expect(try await values(["--use-sqlite=\(text)"]).pairing.isOn == expected)
    }

    @Test("A switch with no- before its name is off, and takes no value")
    func negatedSwitch() async throws {
        #expect(try await values([]).servesPages)
        #expect(try await !values(["--no-web"]).servesPages)
        #expect(try await !values(["--no-web", "--port", "1"]).servesPages)
        for arguments in [["--no-web=1"], ["--no-web", "1"], ["--no-web", "--web"], ["--no-port"]] {
            await #expect(throws: UsageError.self) { try await values(arguments) }
        }
    }

    @Test("A switch without a value is on, also before another flag")
    func bareSwitch() async throws {
        let values = try await values(["--use-sqlite", "--port", "1"])
        #expect(values.pairing.isOn)
        #expect(values.web.port == 1)
    }

    @Test("Lists are split at commas, spaces around elements do not count, JSON may use an array")
    func lists() async throws {
        let origins = ["https://a.example", "http://localhost:5173"]
        let text = "https://a.example , http://localhost:5173"
        #expect(
            try await values(["--allowed-origins", text]).web.allowedOrigins == AllowedOrigins(origins))
        #expect(
            try await values(environment: ["ALLOWED_ORIGINS": text]).web.allowedOrigins
                == AllowedOrigins(origins))
        let json = #"{"allowed-origins": ["https://a.example", "http://localhost:5173"]}"#
        #expect(try await values(json: json).web.allowedOrigins == AllowedOrigins(origins))
        let proxies = try await values(environment: ["TRUSTED_PROXIES": "10.0.0.0/8,::1"]).web.trustedProxies
        #expect(proxies == [IPRange("10.0.0.0/8"), IPRange("::1")])
    }

    @Test("Secrets and users of the relay are never shown")
    func secrets() async throws {
        for (name, value) in [("RELAY_SECRETS", "hush,"), ("RELAY_USERS", "hush"), ("ICE_SERVERS", "hush")] {
            let line = try await refusal(environment: [name: value])
            #expect(line.hasPrefix("\(name) (secret) in the environment is not allowed; allowed: "))
            #expect(!line.contains("hush"))
        }
    }

    @Test(
        "What is not allowed stops the start with one line that names key, value and what is allowed",
        arguments: [
            (
                "PORT", "http",
                "PORT \"http\" in the environment is not allowed; allowed: a whole number from 0 to 65535"
            ),
            (
                "PORT", "65536",
                "PORT \"65536\" in the environment is not allowed; allowed: a whole number from 0 to 65535"
            ),
            (
                "USE_SQLITE", "maybe",
                "USE_SQLITE \"maybe\" in the environment is not allowed; allowed: 1, true, yes, on or 0, false, no, off"
            ),
            (
                "ROOM_POLICY", "none",
                "ROOM_POLICY \"none\" in the environment is not allowed; allowed: open, paired"
            ),
            (
                "PING_INTERVAL", "nan",
                "PING_INTERVAL \"nan\" in the environment is not allowed; "
                    + "allowed: seconds from 0.1 to 3600, fractions too"
            ),
            (
                "ALLOWED_ORIGINS", "example.org",
                "ALLOWED_ORIGINS \"example.org\" in the environment is not allowed; "
                    + "allowed: * or origins such as https://example.org with commas between them"
            ),
            (
                "TRUSTED_PROXIES", "10.0.0.0/40",
                "TRUSTED_PROXIES \"10.0.0.0/40\" in the environment is not allowed; "
                    + "allowed: IP addresses and ranges such as 10.0.0.0/8 with commas between them"
            ),
            (
                "FORWARDED_TYPES", "a b",
                "FORWARDED_TYPES \"a b\" in the environment is not allowed; "
                    + "allowed: names of 1 to 64 letters, digits, _, - or . with commas between them"
            ),
            (
                "HOST", "a\nb",
                "HOST \"a\\nb\" in the environment is not allowed; allowed: an IP address or a host name of this machine"
            ),
            (
                "ADMIN_TOKEN", "hush",
                "ADMIN_TOKEN (secret) in the environment is not allowed; allowed: 8 to 256 visible ASCII characters"
            ),
        ])
    func refusals(name: String, value: String, expected: String) async throws {
        #expect(try await refusal(environment: [name: value]) == expected)
    }

    @Test("A refusal says where the value came from")
    func origins() async throws {
        let allowed = "is not allowed; allowed: a whole number from 0 to 65535"
        #expect(try await refusal(["--port=x"]) == "--port \"x\" \(allowed)")
        #expect(try await refusal(dotEnv: "\n# c\nPORT=x\n") == "PORT \"x\" in .env, line 3 \(allowed)")
        #expect(try await refusal(json: #"{"port": "x"}"#) == "port \"x\" in FILE \(allowed)")
        #expect(try await refusal(json: #"{"port": true}"#) == "port \"true\" in FILE \(allowed)")
    }

    @Test("Every number and time refuses text, values beyond its bounds and what is not finite")
    func numericBounds() {
        for setting in Settings.all where [.wholeNumber, .number, .seconds].contains(setting.type) {
            for text in ["x", "-1", "1e300", "nan", "inf", "1,5", " ", "0x10z"] {
                #expect(!setting.accepts(text), "\(setting.name)=\(text)")
            }
        }
    }

    @Test(
        "Origins are scheme, host and port, nothing else",
        arguments: [
            ("https://example.org", true), ("http://[::1]:80", true), ("capacitor://localhost", true),
            ("https://example.org/", false), ("https://", false), ("://x", false), ("example.org", false),
            ("https://a b", false), ("1http://a", false), ("https://user@host", false),
        ])
    func originSyntax(text: String, isOrigin: Bool) {
        #expect(text.isOrigin == isOrigin)
    }
}

@Suite("Command-line flags")
struct CommandLineFlagTests {
    @Test(
        "What is no known flag is refused, with a hint",
        arguments: [
            (["--prot", "1"], "unknown flag \"--prot\"; did you mean --port?"),
            (["--frobnicate"], "unknown flag \"--frobnicate\"; --help lists what is allowed"),
            (["serve2"], "unexpected argument \"serve2\"; settings are flags, --port 8080"),
            (["-p", "80"], "unexpected argument \"-p\"; flags begin with two dashes"),
            (["--"], "unexpected argument \"--\"; flags begin with two dashes"),
            (["--port"], "--port needs a value; allowed: a whole number from 0 to 65535"),
            (["--port", "1", "--port=2"], "--port is given twice; allowed: once"),
        ])
    func refused(arguments: [String], expected: String) async throws {
        #expect(try await refusal(arguments) == expected)
    }

    @Test("A value may look like a flag and may hold equals signs")
    func oddValues() async throws {
        #expect(try await values(["--admin-token", "--secret=="]).adminToken == "--secret==")
        #expect(try await values(["--admin-token=--a=b,c=,d"]).adminToken == "--a=b,c=,d")
    }
}

@Suite("The JSON file")
struct ConfigurationFileTests {
    @Test(
        "Unknown keys and values that are no settings are refused",
        arguments: [
            (#"{"prot": 1}"#, #"unknown key "prot" in FILE; did you mean "port"?"#),
            (#"{"PORT": 1}"#, #"unknown key "PORT" in FILE; allowed are the flags without their dashes"#),
            (
                #"{"config": "x"}"#,
                #"unknown key "config" in FILE; allowed are the flags without their dashes"#
            ),
            (
                #"{"port": {"a": 1}}"#,
                #"FILE is not a JSON object of settings: "port" holds no string, number, boolean or array of strings"#
            ),
            ("[1]", "FILE is not a JSON object of settings: it is no object"),
            ("{", "FILE is not a JSON object of settings: malformed JSON"),
        ])
    func refused(json: String, expected: String) async throws {
        #expect(try await refusal(json: json) == expected)
    }

    @Test("A file that is named and cannot be read is refused")
    func missing() async throws {
        #expect(
            try await refusal(["--config", "/nonexistent/x.json"])
                == "CONFIG_FILE \"/nonexistent/x.json\" cannot be read; allowed: the path of a readable JSON file"
        )
    }

    @Test("Null counts as unset")
    func null() async throws {
        #expect(try await values(json: #"{"port": null}"#).web.port == 8080)
    }

    @Test("A refused ICE_SERVERS says where its mistake is, and shows no secret")
    func iceServers() async throws {
        let line = try await refusal(environment: ["ICE_SERVERS": #"[{"urls":"turn:a","credential":"hush"}]"#]
        )
        #expect(line.hasPrefix("ICE_SERVERS (secret) in the environment is not allowed; allowed: "))
        #expect(line.hasSuffix("; element 1: username is missing, and a TURN server needs it"))
        #expect(!line.contains("hush"))
    }
}
