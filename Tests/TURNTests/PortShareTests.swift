import Addresses
import STUN
import Testing
import Timing

@testable import TURN

/// One address, or one user, takes all it can get: somebody else still gets a port.
@Suite("Ports and who pays for them")
struct PortShareTests {
    /// As many as docker-compose.yml publishes.
    private static let few: ClosedRange<UInt16> = 49_160...49_200
    private static let attacker = IPAddress(v4: 0x0909_0909)

    /// A member of a room of its own, as somebody makes them who joins room after room.
    private func member(_ stage: Stage, _ number: Int, port: UInt16, ip: IPAddress) -> Client {
        let credential = TimeLimitedCredential.mint(
            SharedSecret("s3cret"), id: "member \(number)", lifetimeSeconds: 3_600, now: stage.wallClock)
        return Client(
            stage, port: port, ip: ip, username: credential.username, password: credential.credential)
    }

    private func stranger(_ stage: Stage) -> Client {
        Client(stage, port: 41_000, ip: IPAddress(v4: 0x0101_0101), username: "bob", password: "builder")
    }

    private func isTold(_ stage: Stage, _ quota: Quota) -> Bool {
        stage.server.counters.quotaHits[Int(quota.rawValue)] > 0
    }

    @Test(
        "Allocations that end unused leave their ports free, however many",
        arguments: [few, TURNConfiguration().relayPorts])
    func unused(ports: ClosedRange<UInt16>) {
        let stage = Stage {
            $0.relayPorts = ports
            $0.quotas.perAddressAndMinute = 0
        }
        let members = (0..<10).map { member(stage, $0, port: 10_000 + UInt16($0), ip: Self.attacker) }
        for round in 0..<2_000 {
            let client = members[round % members.count]
            #expect(client.allocate()?.isSuccess == true)
            #expect(client.refresh(0)?.isSuccess == true)
        }
        #expect(stage.authority.ports.freePortCount(.ipv4, at: stage.now) == ports.count)
        #expect(stranger(stage).allocate()?.isSuccess == true)
    }

    @Test("One address that uses and ends allocations of many members gets three quarters of few ports")
    func used() throws {
        let stage = Stage { $0.relayPorts = Self.few }
        var codes: [UInt16] = []
        for number in 0..<200 {
            let client = member(
                stage, number / 5, port: 10_000 + UInt16(number), ip: Self.attacker)
            if let code = client.allocate()?.code {
                codes.append(code)
            } else {
                try client.use()
                client.refresh(0)
            }
        }
        #expect(codes.count == 169 && Set(codes) == [486])
        #expect(isTold(stage, .addressShare))
        #expect(stage.authority.ports.freePortCount(.ipv4, at: stage.now) == 10)
        #expect(stage.authority.quotas.total == 0)
        let others = stranger(stage)
        #expect(others.allocate()?.isSuccess == true)
        try others.use()
        stage.pass(seconds: 120)
        #expect(member(stage, 1, port: 9_000, ip: Self.attacker).allocate()?.isSuccess == true)
    }

    @Test(
        "Who may have as many as there may be in all has no share: 0, or a quota that is not below the total")
    func quotasThatAreNone() {
        for (quota, total, isLimited) in [
            (12, 16_000, true), (15_999, 16_000, true), (16_000, 16_000, false), (100_000, 16_000, false),
            (0, 16_000, false),
            (12, 0, true), (0, 0, false),
        ] {
            var limits = Quotas.Limits()
            (limits.perUser, limits.perAddress, limits.total) = (quota, quota, total)
            let told = FairShare(limits).exceeded(userBill: 6, addressBill: 6, wanted: 1, free: 2)
            #expect(told == (isLimited ? .userShare : nil), "\(quota) of \(total)")
        }
    }

    @Test("One address does not get far with sixteen thousand ports: 300 allocations a minute")
    func rate() throws {
        let stage = Stage()
        var made = 0
        for second in 0..<120 {
            for number in 0..<20 {
                let place = second * 20 + number
                let client = member(
                    stage, place, port: 10_000 + UInt16(place), ip: Self.attacker)
                guard let answer = client.allocate() else { continue }
                #expect(answer.isSuccess || answer.code == 486)
                guard answer.isSuccess else { continue }
                made += 1
                try client.use()
                client.refresh(0)
            }
            stage.pass(seconds: 1)
        }
        #expect((890...900).contains(made))
        #expect(isTold(stage, .rate))
        #expect(stage.authority.ports.billedPortCount(.ipv4, at: stage.now) <= 900)
        #expect(stranger(stage).allocate()?.isSuccess == true)
    }

    @Test("A pair that the quota refuses, or that cannot be had, costs no port and rests none")
    func refusedPairs() throws {
        let stage = Stage {
            $0.relayPorts = Self.few
            $0.quotas.perAddressAndMinute = 0
        }
        let clients = (0..<11).map { Client(stage, port: 10_000 + $0, ip: Self.attacker) }
        for client in clients { #expect(client.allocate()?.isSuccess == true) }
        let loop = Client(stage, port: 20_000, ip: Self.attacker)
        for _ in 0..<100 {
            #expect(loop.allocate { $0.add(evenPortReservingNext: true) }?.code == 486)
        }
        #expect(stage.authority.ports.freePortCount(.ipv4, at: stage.now) == 30)
        for client in clients { client.refresh(0) }
        stage.sockets.fails = true
        for _ in 0..<100 {
            #expect(loop.allocate { $0.add(evenPortReservingNext: true) }?.code == 508)
        }
        stage.sockets.fails = false
        stage.sockets.failsToHold = true
        for _ in 0..<100 {
            #expect(loop.allocate { $0.add(evenPortReservingNext: true) }?.code == 508)
        }
        #expect(stage.authority.ports.freePortCount(.ipv4, at: stage.now) == 41)
        #expect(stage.authority.ports.billedPortCount(.ipv4, at: stage.now) == 0)
        #expect(stage.authority.quotas.total == 0 && stage.sockets.open.isEmpty)
        #expect(stranger(stage).allocate()?.isSuccess == true)
    }

    @Test(
        "A reservation is on the bill of who made it, until its time is over or its allocation's port is free"
    )
    func reservations() throws {
        let stage = Stage { $0.relayPorts = Self.few }
        let client = Client(stage, ip: Self.attacker)
        let token = try #require(client.allocate { $0.add(evenPortReservingNext: true) }?.token)
        client.refresh(0)
        func bill() -> Int {
            stage.authority.ports.billedPortCount(.ipv4, of: Self.attacker, at: stage.now)
        }
        #expect(bill() == 1)
        let second = Client(stage, port: 41_000, ip: IPAddress(v4: 0x0909_0910))
        #expect(second.allocate { $0.add(.reservationToken, token) }?.isSuccess == true)
        try second.use()
        second.refresh(0)
        #expect(bill() == 1)
        stage.pass(seconds: 120)
        #expect(bill() == 0)
        let another = try #require(client.allocate { $0.add(evenPortReservingNext: true) }?.token)
        stage.sockets.fails = true
        #expect(second.allocate { $0.add(.reservationToken, another) }?.code == 508)
        #expect(bill() == 1 && stage.authority.quotas.total == 1)
    }

    @Test("Ten attackers leave one port in thirty-one, and it goes to somebody who has none")
    func manyAddresses() throws {
        let stage = Stage { $0.relayPorts = 50_000...50_309 }
        for number in 0..<3_000 {
            let ip = IPAddress(v4: 0x0909_0900 + UInt32(number % 10))
            let client = member(stage, number, port: 10_000 + UInt16(number), ip: ip)
            guard client.allocate()?.isSuccess == true else { continue }
            try client.use()
            client.refresh(0)
        }
        let free = stage.authority.ports.freePortCount(.ipv4, at: stage.now)
        #expect((9...11).contains(free))
        #expect(stranger(stage).allocate()?.isSuccess == true)
        let newcomers = (0..<free - 1).map {
            member(stage, 10_000 + $0, port: 50_000, ip: IPAddress(v4: 0x0A00_0001 + UInt32($0)))
        }
        #expect(newcomers.allSatisfy { $0.allocate()?.isSuccess == true })
    }

    @Test("Calls behind one address work with few ports, three at a time, one after the other")
    func honest() throws {
        let stage = Stage { $0.relayPorts = Self.few }
        let office = IPAddress(v4: 0x0202_0202)
        for round in 0..<30 {
            var live: [Client] = []
            // Two members a call; each allocates by UDP, TCP and TLS, uses one of them, and hangs up.
            for place in 0..<18 {
                let client = member(
                    stage, round * 6 + place / 3, port: 10_000 + UInt16(round * 18 + place), ip: office)
                #expect(client.allocate()?.isSuccess == true)
                if place % 3 == 0 { try client.use() }
                live.append(client)
            }
            for client in live { client.refresh(0) }
            stage.pass(seconds: 60)
        }
        // A member elsewhere opens all that its quota allows.
        let eager = (0..<12).map { member(stage, 999, port: 60_000 + $0, ip: IPAddress(v4: 0x0303_0303)) }
        #expect(eager.allSatisfy { $0.allocate()?.isSuccess == true })
    }

    @Test("Without quotas there are no shares: one user behind one address may have every port")
    func withoutQuotas() {
        let stage = Stage {
            $0.relayPorts = Self.few
            $0.quotas.perUser = 0
            $0.quotas.perAddress = 0
        }
        let codes = (0..<42).map { Client(stage, port: 40_000 + $0).allocate()?.code }
        #expect(codes == Array(repeating: nil, count: 41) + [508])
    }

    @Test(
        "Each family has its own ports and its own bills; half of a pair that is over the share is 508 inside"
    )
    func families() throws {
        let stage = Stage {
            $0.relayPorts = 50_000...50_007
            $0.quotas.perAddress = 0
        }
        for number in 0..<4 {
            let client = Client(stage, port: 10_000 + UInt16(number))
            #expect(client.allocate()?.isSuccess == true)
        }
        #expect(Client(stage, port: 20_000).allocate()?.code == 486)
        let dual = Client(stage, port: 20_001).allocate {
            $0.add(.additionalAddressFamily, .ipv6)
        }
        #expect(dual?.relayedAddresses.map(\.family) == [.ipv6])
        #expect(dual?.value(.addressErrorCode) == [1, 0, 5, 8])
        #expect(isTold(stage, .userShare))
        #expect(stage.authority.ports.billedPortCount(.ipv6, at: stage.now) == 1)
    }

    @Test("A datagram from anybody makes the port rest; a permission, a channel and nothing do not")
    func whatIsUse() throws {
        let stage = Stage { $0.relayPorts = 50_000...50_000 }
        let peer = try address("1.1.1.1", 80)
        let client = Client(stage)
        for _ in 0..<3 {
            #expect(client.allocate()?.isSuccess == true)
            client.permit(peer)
            client.bind(0x4000, peer)
            #expect(client.channelData(0x4001).dropped == .noChannel)
            #expect(client.sendIndication(try address("1.1.1.2", 80)).dropped == .noPermission)
            client.refresh(0)
        }
        client.allocate()
        let id = try #require(stage.sockets.open.keys.first).allocation
        #expect(stage.fromPeer(peer, to: id).dropped == .noPermission)
        client.refresh(0)
        #expect(client.allocate()?.code == 508)
    }
}
