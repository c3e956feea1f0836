import Addresses
import STUN
import Testing

@testable import TURN

@Suite("Who may be a peer")
struct PeerPolicyTests {
    private static let relay = RelayAddress(
        local: IPAddress(v4: 0x0A00_0005), advertised: IPAddress(v4: 0x5DB8_D822))

    private func policy(_ change: (inout PeerPolicy.Rules) -> Void = { _ in }) throws -> PeerPolicy {
        var rules = PeerPolicy.Rules()
        change(&rules)
        let own = try ["127.0.0.1", "10.0.0.5", "45.33.32.156", "2600:3c01::f03c:91ff:fe18:bb2f"].map {
            try #require(IPAddress($0))
        }
        return PeerPolicy(rules: rules, hostAddresses: own, relays: [Self.relay])
    }

    private func judge(
        _ ip: String, _ change: (inout PeerPolicy.Rules) -> Void = { _ in }
    ) throws -> PeerPolicy.Judgement {
        try policy(change).judgePeer(try #require(IPAddress(ip)))
    }

    @Test(
        "Ordinary addresses are peers",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
            "192.88.98.255", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
            "203.0.112.255",
            "223.255.255.255", "2600::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2003::1",
            "3ffe::1",
            "64:ff9a::1", "64:ff9b:2::1", "4000::1", "fbff::1", "101::",
        ])
    func reachable(ip: String) throws { #expect(try judge(ip) == .reachable) }

    @Test(
        "What is no peer by default, at both ends of each range",
        arguments: [
            ("0.0.0.0", PeerDenial.special), ("0.255.255.255", .special), ("10.0.0.0", .privateNetwork),
            ("10.255.255.255", .privateNetwork), ("100.64.0.0", .special), ("100.127.255.255", .special),
            ("127.0.0.0", .loopback), ("127.255.255.255", .loopback), ("169.254.0.0", .special),
            ("169.254.255.255", .special), ("172.16.0.0", .privateNetwork),
            ("172.31.255.255", .privateNetwork),
            ("192.0.0.0", .special), ("192.0.0.255", .special), ("192.0.2.0", .special),
            ("192.0.2.255", .special),
            ("192.88.99.1", .special), ("192.168.0.0", .privateNetwork), ("192.168.255.255", .privateNetwork),
            ("198.18.0.0", .special), ("198.19.255.255", .special), ("198.51.100.7", .special),
            ("203.0.113.7", .special), ("224.0.0.1", .multicast), ("239.255.255.255", .multicast),
            ("240.0.0.0", .special), ("255.255.255.255", .special),
            ("169.254.169.254", .cloudMetadata), ("168.63.129.16", .cloudMetadata),
            ("100.100.100.200", .cloudMetadata), ("192.0.0.192", .cloudMetadata),
            ("fd00:ec2::254", .cloudMetadata), ("fd20:ce::254", .cloudMetadata),
            ("::", .special), ("::1", .loopback), ("100::1", .special), ("2001::1", .special),
            ("2001:1ff:ffff::1", .special), ("2001:db8::1", .special), ("3fff::1", .special),
            ("3fff:fff::1", .special),
            ("5f00::1", .special), ("fc00::1", .privateNetwork), ("fdff::1", .privateNetwork),
            ("fe80::1", .special),
            ("febf::1", .special), ("fec0::1", .special), ("ff02::1", .multicast), ("64:ff9b:1::1", .special),
        ])
    func denied(ip: String, denial: PeerDenial) throws { #expect(try judge(ip) == .denied(denial)) }

    @Test("This host's own addresses are no peers, whatever they look like")
    func own() throws {
        #expect(try judge("45.33.32.156") == .denied(.ownAddress))
        #expect(try judge("2600:3c01::f03c:91ff:fe18:bb2f") == .denied(.ownAddress))
        #expect(try judge("45.33.32.157") == .reachable)
    }

    @Test(
        "A wrapped address is judged as what it stands for, even where its form is allowed",
        arguments: [
            ("::ffff:127.0.0.1", PeerDenial.loopback), ("::ffff:10.1.2.3", .privateNetwork),
            ("::127.0.0.1", .loopback), ("::ffff:0:127.0.0.1", .loopback),
            ("64:ff9b::169.254.169.254", .cloudMetadata), ("2002:7f00:0001::1", .loopback),
            ("2002:a9fe:a9fe::1", .cloudMetadata),
            // Teredo carries the inverted address: 127.0.0.1 is 80ff:fffe.
            ("2001:0:4136:e378:8000:63bf:80ff:fffe", .loopback), ("::ffff:45.33.32.156", .ownAddress),
            ("64:ff9b::5db8:d822", .ownAddress), ("::ffff:0.0.0.0", .special),
        ])
    func wrapped(ip: String, denial: PeerDenial) throws {
        #expect(try judge(ip) == .denied(.special))
        let everything = try #require(IPRange("::/0"))
        #expect(try judge(ip) { $0.allowed = [everything] } == .denied(denial))
    }

    @Test("Allowed ranges come before denied ones, denied ones before the defaults")
    func configured() throws {
        let allowed = try #require(IPRange("10.1.0.0-10.1.0.9"))
        let denied = [try #require(IPRange("10.0.0.0/8")), try #require(IPRange("1.1.1.1"))]
        let change: (inout PeerPolicy.Rules) -> Void = { rules in
            rules.allowed = [allowed]
            rules.denied = denied
        }
        #expect(try judge("10.1.0.9", change) == .reachable)
        #expect(try judge("10.1.0.10", change) == .denied(.configured))
        #expect(try judge("1.1.1.1", change) == .denied(.configured))
        #expect(try judge("1.1.1.2", change) == .reachable)
        let deniedIPv6 = try #require(IPRange("2600:1::-2600:2::"))
        #expect(try judge("2600:1:ffff::", { $0.denied = [deniedIPv6] }) == .denied(.configured))
        #expect(try judge("2600:2::1", { $0.denied = [deniedIPv6] }) == .reachable)
    }

    @Test("The development switch allows loopback and private peers, and nothing more")
    func development() throws {
        let change: (inout PeerPolicy.Rules) -> Void = { rules in
            rules.allowsLoopback = true
            rules.allowsPrivate = true
        }
        for ip in ["127.0.0.1", "::1", "192.168.1.2", "fd00::1", "10.9.9.9"] {
            #expect(try judge(ip, change) == .reachable)
        }
        for ip in [
            "0.0.0.0", "169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "224.0.0.1", "::ffff:127.0.0.1",
            "45.33.32.156",
        ] {
            #expect(try judge(ip, change) != .reachable)
        }
    }

    @Test("Multicast needs an allowed range, and no-multicast-peers overrules even that")
    func multicast() throws {
        let range = try #require(IPRange("224.0.0.0/4"))
        #expect(try judge("224.1.1.1") { $0.allowed = [range] } == .reachable)
        #expect(
            try judge("224.1.1.1") { rules in
                rules.allowed = [range]
                rules.deniesMulticast = true
            } == .denied(.multicast))
    }

    @Test("Our relay's addresses are told apart: live ports only, other ports where a range allows them")
    func relayed() throws {
        #expect(try judge("93.184.216.34") == .relayed(number: 0, otherPorts: false))
        #expect(try judge("10.0.0.5") == .relayed(number: 0, otherPorts: false))
        let range = try #require(IPRange("93.184.216.34"))
        #expect(try judge("93.184.216.34") { $0.allowed = [range] } == .relayed(number: 0, otherPorts: true))
        #expect(try judge("93.184.216.34") { $0.denied = [range] } == .denied(.configured))
    }

    @Test("Ports that reflect are never sent to", arguments: [53, 123, 161, 389, 1900, 11211, 0])
    func ports(port: UInt16) throws {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        let peer = try address("1.1.1.1", port)
        #expect(client.bind(0x4000, peer)?.code == 403)
        // The permission is for the address, whatever port the client names.
        #expect(client.permit(peer)?.isSuccess == true)
        #expect(client.sendIndication(peer).dropped == .peerDenied)
        #expect(client.sendIndication(try address("1.1.1.1", 54)).peer != nil)
    }

    @Test("A denied peer is exactly 403, on CreatePermission as on ChannelBind, and is counted by its reason")
    func forbidden() throws {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        for ip in ["127.0.0.1", "0.0.0.0", "169.254.169.254", "192.168.1.1", "93.184.216.34"] {
            let peer = try address(ip, 3478)
            let answer = try #require(client.permit(peer))
            #expect(answer.code == 403 && answer.isSigned(client.key))
            #expect(client.bind(0x4000, peer)?.code == 403)
            #expect(client.sendIndication(peer).dropped == .noPermission)
        }
        #expect(stage.server.counters.peerDenials[Int(PeerDenial.cloudMetadata.rawValue)] == 2)
        #expect(stage.server.counters.peerDenials[Int(PeerDenial.deadRelayedAddress.rawValue)] == 2)
    }

    @Test("An address that the host gets later is no peer from then on")
    func newAddress() throws {
        let stage = Stage()
        let ip = try #require(IPAddress("45.33.32.156"))
        #expect(stage.authority.judgePeer(ip) == .reachable)
        stage.authority.setHostAddresses([ip])
        #expect(stage.authority.judgePeer(ip) == .denied(.ownAddress))
    }
}
