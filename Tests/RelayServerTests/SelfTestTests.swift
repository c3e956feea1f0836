import Addresses
import Logging
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer

@Suite("The relay's self-test")
struct SelfTestTests {
    private let secret = SharedSecret("north")

    private func server(
        udp: Bool = true, tcp: Bool = false, proxies: [IPRange] = [],
        change: (inout TURNConfiguration) -> Void = { _ in }
    ) -> (server: RelayServer, authority: RelayAuthority) {
        var rules = TURNConfiguration()
        rules.secrets = [secret]
        rules.relays = [RelayAddress(local: .loopbackIPv4)]
        rules.hostAddresses = [.loopbackIPv4]
        change(&rules)
        var sockets = RelayServerConfiguration()
        sockets.loops = 2
        sockets.proxies = proxies
        if udp { sockets.udpListeners = [TransportAddress(.anyIPv4, port: 0)] }
        if tcp { sockets.tcpListeners = [TransportAddress(.loopbackIPv4, port: 0)] }
        let authority = RelayAuthority(rules)
        return (RelayServer(sockets, authority: authority, logger: Logger(label: "test")), authority)
    }

    private func credential(_ secret: SharedSecret) -> TimeLimitedCredential {
        .mint(secret, id: "self-test", lifetimeSeconds: 60, now: Clock.unixTime())
    }

    @Test(
        "A relay that works says so, by default settings, over UDP, over TCP and with no port of its own, and keeps nothing",
        arguments: [(true, false), (false, true), (false, false)])
    func works(udp: Bool, tcp: Bool) throws {
        let (server, authority) = server(udp: udp, tcp: tcp)
        _ = try server.start()
        defer { server.stop() }
        for _ in 0..<3 { #expect(server.selfTest(credential(secret)) == .works) }
        #expect(authority.quotas.total == 0)
    }

    @Test("A relay that expects a PROXY header from this machine gets one")
    func proxied() throws {
        let (server, _) = server(udp: false, tcp: true, proxies: [IPRange(.loopbackIPv4)])
        _ = try server.start()
        defer { server.stop() }
        #expect(server.selfTest(credential(secret)) == .works)
    }

    @Test("A relay that is full, or that stops, works")
    func full() throws {
        let (server, authority) = server()
        _ = try server.start()
        defer { server.stop() }
        authority.beginDraining()
        #expect(server.selfTest(credential(secret)) == .works)
    }

    @Test("A credential that the relay does not take shows where it got stuck", arguments: [true, false])
    func refused(udp: Bool) throws {
        let (server, _) = server(udp: udp)
        _ = try server.start()
        defer { server.stop() }
        #expect(server.selfTest(credential(SharedSecret("other"))) == .failed(.allocate))
    }

    @Test("A relay that denies its own address is not sent a packet")
    func denied() throws {
        let (server, _) = server { $0.peers.denied = [IPRange(.loopbackIPv4)] }
        _ = try server.start()
        defer { server.stop() }
        #expect(server.selfTest(credential(secret)) == .works)
    }

    @Test("A relay that does not run is not asked")
    func skipped() throws {
        let (server, _) = server()
        #expect(server.selfTest(credential(secret)) == .skipped)
        _ = try server.start()
        server.stop()
        #expect(server.selfTest(credential(secret)) == .skipped)
    }
}
