import Addresses
import ICE
import RelayServer
import SettingFixtures
import Testing
import WebServer

@testable import Settings

@Suite("Ports that the relay shares with the web server")
struct SharedPortsTests {
    private let certificate = ["TLS_CERT": "c.pem", "TLS_KEY": "k.pem"]

    private func urls(
        _ environment: [String: String], _ ports: SharedPorts, own: [String] = ["udp", "tcp", "tls"]
    ) async throws -> [String] {
        let host = RelayHost(
            addresses: [.loopbackIPv4], preferred: [.loopbackIPv4], resolve: { _ in [] })
        let plan = try RelayPlan(try await values(environment: environment), host: host)
        func listeners(_ transport: String, _ port: UInt16) -> [TransportAddress] {
            own.contains(transport) ? [TransportAddress(.anyIPv4, port: port)] : []
        }
        return plan.iceURLs(
            .init(
                udp: listeners("udp", 3_478), tcp: listeners("tcp", 3_478), tls: listeners("tls", 5_349)),
            ports
        ).map(\.text)
    }

    @Test("TLS on the web server's port takes the place of the relay's own")
    func secure() async throws {
        let ports = SharedPorts(host: "0.0.0.0", plain: 8_080, tls: 443)
        #expect(
            try await urls(["ICE_HOST": "turn.example.org"], ports) == [
                "stun:turn.example.org:3478", "turn:turn.example.org:3478?transport=udp",
                "turn:turn.example.org:3478?transport=tcp", "turns:turn.example.org:443?transport=tcp",
            ])
    }

    @Test("The plain port is told of only where the relay has no TCP port of its own")
    func plain() async throws {
        let ports = SharedPorts(host: "0.0.0.0", plain: 8_080, tls: nil)
        let expected = [
            "turn:turn.example.org:8080?transport=tcp", "turns:turn.example.org:5349?transport=tcp",
        ]
        #expect(try await urls(["ICE_HOST": "turn.example.org"], ports, own: ["tls"]) == expected)
    }

    @Test("One port may be all there is")
    func alone() async throws {
        let ports = SharedPorts(host: "::", plain: nil, tls: 443)
        #expect(
            try await urls(["ICE_HOST": "turn.example.org"], ports, own: []) == [
                "turns:turn.example.org:443?transport=tcp"
            ])
    }

    @Test(
        "Only who can reach the web server is told of its ports",
        arguments: [
            ("0.0.0.0", "192.0.2.1", true), ("0.0.0.0", "2001:db8::1", false), ("::", "192.0.2.1", true),
            ("::", "2001:db8::1", true), ("192.0.2.1", "203.0.113.1", true),
            ("192.0.2.1", "2001:db8::1", false), ("127.0.0.1", "192.0.2.1", false),
            ("127.0.0.1", "turn.example.org", false), ("localhost", "turn.example.org", false),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "localhost", true),
            ("0.0.0.0", "turn.example.org", true), ("example.org", "192.0.2.1", true),
        ])
    func reach(host: String, told: String, expected: Bool) {
        #expect(SharedPorts(host: host, plain: 80, tls: 443).serves(told) == expected)
    }

    @Test(
        "Ports that the kernel chooses are known when they are bound, and TLS has one only with a certificate"
    )
    func known() async throws {
        let fixed = try await values(
            environment: certificate.merging(["PORT": "80", "TLS_PORT": "443"]) { $1 })
        #expect(SharedPorts(fixed) == SharedPorts(host: fixed[Settings.host], plain: 80, tls: 443))
        let chosen = try await values(
            environment: certificate.merging(["PORT": "0", "TLS_PORT": "0"]) { $1 })
        let host = chosen[Settings.host]
        #expect(SharedPorts(chosen) == SharedPorts(host: host, plain: nil, tls: nil))
        #expect(
            SharedPorts(chosen, .init(plain: 8_080, tls: 8_443))
                == SharedPorts(host: host, plain: 8_080, tls: 8_443))
        let plain = try await values(environment: ["PORT": "80"])
        #expect(SharedPorts(plain).tls == nil)
        let apart = try await values(environment: ["PORT": "80", "RELAY_SHARE_PORTS": "0"])
        #expect(SharedPorts(apart) == .none)
        #expect(SharedPorts(apart, .init(plain: 80, tls: 443)) == .none)
    }
}
