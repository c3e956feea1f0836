import Addresses
import RelayServer
import SettingFixtures
import TURN
import Testing

@testable import Settings
@testable import TLS

@Suite("The relay's plan")
struct RelayPlanTests {
    private static let four = IPAddress(v4: 0xC000_020A)
    private static let six = IPAddress(v6High: 0x2001_0DB8_0000_0000, low: 0xA)

    /// A machine with loopback and these addresses, the first of each family preferred.
    private func host(_ addresses: IPAddress..., names: [String: [String]] = [:]) -> RelayHost {
        RelayHost(
            addresses: [.loopbackIPv4, .loopbackIPv6] + addresses,
            preferred: IPAddress.Family.allCases.compactMap { family in
                (addresses + [.loopbackIPv4, .loopbackIPv6]).first { $0.family == family }
            },
            resolve: { name in
                (names[name] ?? [name]).compactMap { IPAddress($0) }
            })
    }

    private func plan(_ environment: [String: String] = [:], on host: RelayHost) async throws -> RelayPlan {
        try RelayPlan(try await values(environment: environment), host: host)
    }

    private func refusal(_ environment: [String: String], on host: RelayHost) async throws -> String {
        do {
            _ = try await plan(environment, on: host)
            return "accepted"
        } catch let error as UsageError {
            return error.description
        }
    }

    @Test("With nothing configured there is a random secret and no user, and loopback is no peer")
    func nothing() async throws {
        let one = try await plan(on: host(Self.four))
        let two = try await plan(on: host(Self.four))
        #expect(one.rules.users.isEmpty)
        #expect(one.rules.secrets.isEmpty && one.rules.passingSecrets == [one.secret])
        #expect(one.secret != two.secret)
        #expect(!one.rules.peers.allowsLoopback && !one.rules.peers.allowsPrivate)
        #expect(one.notices.isEmpty)
    }

    @Test("The defaults of the settings are those of the rules and of the sockets")
    func defaults() async throws {
        let values = try await values()
        var rules = TURNConfiguration()
        rules.peers.deniesMulticast = true
        #expect(String(describing: TURNConfiguration(values)) == String(describing: rules))
        var server = RelayServerConfiguration(values, hostAddresses: [])
        server.udpListeners = []
        server.tcpListeners = []
        #expect(String(describing: server) == String(describing: RelayServerConfiguration()))
    }

    @Test("The relay is on the preferred address of each family that reaches others")
    func automatic() async throws {
        #expect(try await plan(on: host(Self.four)).rules.relays == [RelayAddress(local: Self.four)])
        let both = try await plan(on: host(Self.four, Self.six))
        #expect(both.rules.relays == [RelayAddress(local: Self.four), RelayAddress(local: Self.six)])
        #expect(both.iceHosts == ["192.0.2.10", "2001:db8::a"])
        let alone = try await plan(on: host())
        #expect(alone.rules.relays.map(\.local) == [.loopbackIPv4, .loopbackIPv6])
    }

    @Test("A single public address stands for the only relay address of its family")
    func external() async throws {
        let plan = try await plan(
            ["RELAY_EXTERNAL_IPS": "turn.example.org"],
            on: host(Self.four, Self.six, names: ["turn.example.org": ["198.51.100.1"]]))
        let outer = try #require(IPAddress("198.51.100.1"))
        #expect(
            plan.rules.relays == [
                RelayAddress(local: Self.four, advertised: outer), RelayAddress(local: Self.six),
            ])
        #expect(plan.iceHosts == ["198.51.100.1", "2001:db8::a"])
    }

    @Test("Pairs translate each relay address, and name the relay addresses if nothing else does")
    func pairs() async throws {
        let second = IPAddress(v4: 0xC000_020B)
        let plan = try await plan(
            ["RELAY_EXTERNAL_IPS": "198.51.100.1/192.0.2.10,198.51.100.2/192.0.2.11"],
            on: host(Self.four, second))
        #expect(plan.rules.relays.map(\.local) == [Self.four, second])
        #expect(plan.rules.relays.map(\.advertised.description) == ["198.51.100.1", "198.51.100.2"])
    }

    @Test(
        "Addresses that cannot work stop the start",
        arguments: [
            (
                ["RELAY_IPS": "203.0.113.1"],
                "203.0.113.1 is no address of this machine; "
                    + "allowed in RELAY_IPS: 127.0.0.1, ::1, 192.0.2.10, 192.0.2.11"
            ),
            (
                ["RELAY_EXTERNAL_IPS": "nowhere"],
                "RELAY_EXTERNAL_IPS \"nowhere\" cannot be looked up; allowed: a name that can, or an address"
            ),
            (
                ["RELAY_EXTERNAL_IPS": "198.51.100.1", "RELAY_IPS": "192.0.2.10,192.0.2.11"],
                "RELAY_EXTERNAL_IPS \"198.51.100.1\" may stand for 192.0.2.10, 192.0.2.11; "
                    + "allowed: public/private pairs"
            ),
            (
                ["RELAY_EXTERNAL_IPS": "2001:db8::1"],
                "RELAY_EXTERNAL_IPS \"2001:db8::1\" is of another family than 192.0.2.10; "
                    + "allowed: an address of theirs"
            ),
        ])
    func refused(environment: [String: String], expected: String) async throws {
        let host = host(Self.four, IPAddress(v4: 0xC000_020B))
        #expect(try await refusal(environment, on: host) == expected)
    }

    @Test("Clients are told a name, else public addresses, else those that are listened on")
    func iceHosts() async throws {
        let host = host(Self.four)
        #expect(try await plan(["ICE_HOST": "turn.example.org"], on: host).iceHosts == ["turn.example.org"])
        #expect(try await plan(["RELAY_LISTEN_IPS": "127.0.0.1"], on: host).iceHosts == ["127.0.0.1"])
        #expect(try await plan(["RELAY_LISTEN_IPS": "0.0.0.0"], on: host).iceHosts == ["192.0.2.10"])
    }

    @Test("TLS is served once there is a certificate, and not when it is switched off")
    func tls() async throws {
        let files = ["RELAY_CERT": "c.pem", "RELAY_KEY": "k.pem"]
        #expect(try await plan(on: host(Self.four)).server.tlsListeners.isEmpty)
        let served = try await plan(files, on: host(Self.four)).server
        #expect(served.tlsListeners.map(\.port) == [5_349, 5_349])
        #expect(served.tls == TLSSettings(certificateFile: "c.pem", privateKeyFile: "k.pem"))
        let off = try await plan(files.merging(["RELAY_TLS": "0"]) { $1 }, on: host(Self.four)).server
        #expect(off.tlsListeners.isEmpty && off.tls == nil)
    }

    @Test("A short secret and the development switch are warned of")
    func warnings() async throws {
        let plan = try await plan(
            ["RELAY_SECRETS": "0123456789abcdef,short", "RELAY_ALLOW_LOOPBACK_PEERS": "1"],
            on: host(Self.four))
        #expect(plan.notices.count == 2)
        #expect(plan.rules.secrets == [SharedSecret("0123456789abcdef"), SharedSecret("short")])
        #expect(plan.secret == SharedSecret("0123456789abcdef"))
        #expect(plan.rules.peers.allowsLoopback && plan.rules.peers.allowsPrivate)
        #expect(!plan.notices.joined().contains("0123"))
    }

    @Test("IPv6 is not listened on where there is none")
    func noIPv6() async throws {
        let values = try await values()
        let listeners = RelayServerConfiguration(values, hostAddresses: [Self.four]).udpListeners
        #expect(listeners == [TransportAddress(.anyIPv4, port: 3_478)])
    }
}
