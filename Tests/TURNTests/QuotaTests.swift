import Addresses
import STUN
import Testing
import Timing

@testable import TURN

@Suite("Quotas and limits")
struct QuotaTests {
    @Test("Twelve allocations a user: 486 beyond, and one that ends makes room")
    func perUser() {
        let stage = Stage()
        let clients = (0..<13).map {
            Client(stage, port: 40_000 + $0, ip: IPAddress(v4: 0x0808_0000 + UInt32($0)))
        }
        let codes = clients.map { $0.allocate()?.code }
        #expect(codes == Array(repeating: nil, count: 12) + [486])
        #expect(stage.server.counters.quotaHits[Int(Quota.user.rawValue)] == 1)
        clients[0].refresh(0)
        #expect(clients[12].allocate()?.isSuccess == true)
    }

    @Test("The id in the name is the user: a newer expiry gains nothing")
    func timeLimitedUser() {
        let stage = Stage { $0.quotas.perUser = 1 }
        let codes = (0..<2).map { number in
            let credential = TimeLimitedCredential.mint(
                SharedSecret("s3cret"), id: "me", lifetimeSeconds: 100 + UInt64(number), now: stage.wallClock)
            return Client(
                stage, port: 40_000 + UInt16(number), username: credential.username,
                password: credential.credential
            ).allocate()?.code
        }
        #expect(codes == [nil, 486])
    }

    @Test("A quota per address, where an IPv6 /64 is one")
    func perAddress() {
        let stage = Stage {
            $0.quotas.perUser = 0
            $0.quotas.perAddress = 2
        }
        func code(_ ip: IPAddress, _ port: UInt16) -> UInt16? {
            Client(stage, port: port, ip: ip).allocate()?.code
        }
        #expect((0..<3).map { code(IPAddress(v4: 0x0808_0808), 1000 + $0) } == [nil, nil, 486])
        #expect(
            (0..<3).map { code(IPAddress(v6High: 0x2A00_1450 << 32, low: UInt64($0)), 1000 + $0) } == [
                nil, nil, 486,
            ])
        #expect(code(IPAddress(v4: 0x0808_0809), 1000) == nil)
        #expect(stage.server.counters.quotaHits[Int(Quota.address.rawValue)] == 2)
    }

    @Test("A quota for all: 508 beyond")
    func total() {
        let stage = Stage { $0.quotas.total = 3 }
        #expect((0..<4).map { Client(stage, port: 40_000 + $0).allocate()?.code } == [nil, nil, nil, 508])
    }

    @Test("All loops count together")
    func loops() {
        let stage = Stage { $0.quotas.perUser = 1 }
        #expect(Client(stage).allocate()?.isSuccess == true)
        #expect(Client(Stage(authority: stage.authority, loop: 1), port: 41_000).allocate()?.code == 486)
    }

    @Test("Exhausted ports answer 508 at once")
    func ports() {
        let stage = Stage {
            $0.relayPorts = 50_000...50_001
            $0.quotas.perUser = 0
            $0.quotas.perAddress = 0
        }
        #expect((0..<3).map { Client(stage, port: 40_000 + $0).allocate()?.code } == [nil, nil, 508])
        #expect(stage.server.counters.portsExhausted == 1)
        #expect(stage.sockets.asked.count == 2)
    }

    @Test("A bandwidth limit drops what is beyond it, each direction for itself, and nothing else")
    func bandwidth() throws {
        let stage = Stage { $0.maxBytesPerSecond = 10_000 }
        let client = Client(stage)
        let other = Client(stage, port: 41_000)
        let peer = try address("1.1.1.1", 80)
        for client in [client, other] {
            client.allocate()
            client.bind(0x4000, peer)
        }
        let data = [UInt8](repeating: 0, count: 500)
        let id = try #require(client.channelData(0x4000, data).allocation)
        var sent = 1
        for _ in 0..<1000 {
            stage.pass(milliseconds: 10)
            if client.channelData(0x4000, data).peer != nil { sent += 1 }
        }
        // Ten seconds of 10 kB, and a quarter of a second's burst.
        #expect((200...207).contains(sent))
        #expect(stage.fromPeer(peer, to: id).channel == 0x4000)
        #expect(other.channelData(0x4000, data).peer == peer)
        #expect(stage.server.counters.drops[Int(DropReason.bandwidth.rawValue)] == UInt64(1001 - sent))
    }

    @Test("A packet limit too")
    func packets() throws {
        let stage = Stage { $0.maxPacketsPerSecond = 100 }
        let client = Client(stage)
        client.allocate()
        client.bind(0x4000, try address("1.1.1.1", 80))
        let id = try #require(client.channelData(0x4000).allocation)
        let received = (0..<500).count { _ in
            stage.fromPeer(TransportAddress(IPAddress(v4: 0x0101_0101), port: 80), to: id, byteCount: 1)
                .channel != nil
        }
        #expect((25...27).contains(received))
    }

    @Test("Ten thousand allocations made, used and ended: nothing is left")
    func soak() throws {
        let stage = Stage {
            $0.quotas.perUser = 0
            $0.quotas.perAddress = 0
            $0.quotas.perAddressAndMinute = 0
        }
        let peer = try address("1.1.1.1", 7000)
        let before = stage.authority.ports.freePortCount(at: stage.now)
        for round in 0..<10 {
            for number in 0..<1000 {
                let client = Client(
                    stage, port: UInt16(10_000 + number), ip: IPAddress(v4: 0x0808_0000 + UInt32(round)))
                #expect(client.allocate()?.isSuccess == true)
                #expect(client.bind(0x4000, peer)?.isSuccess == true)
                #expect(client.channelData(0x4000).peer == peer)
                if number % 3 == 0 { client.refresh(0) }
            }
            stage.pass(seconds: 600)
        }
        #expect(stage.server.counters.allocationsMade == 10_000)
        #expect(stage.server.allocationCount == 0 && stage.sockets.open.isEmpty)
        #expect(stage.server.counters.permissions == 0 && stage.server.counters.channels == 0)
        #expect(stage.server.nextDeadline == nil && stage.authority.quotas.total == 0)
        #expect(stage.server.byFiveTuple.count == 0 && stage.server.permissionTable.count == 0)
        #expect(stage.server.channelsByNumber.count == 0 && stage.server.channelsByPeer.count == 0)
        #expect(stage.server.byRoom.isEmpty && stage.server.owners.allSatisfy { $0 == nil })
        #expect(stage.server.allocations.end <= 1000)
        stage.pass(seconds: 120)
        #expect(stage.authority.ports.freePortCount(at: stage.now) == before)
        let kept = stage.authority.quotas.entryCounts
        #expect([kept.users, kept.addresses, kept.rates] == [0, 0, 0])
        #expect(stage.authority.ports.restCount == 0)
    }

    @Test("When the server stops, everything ends")
    func endAll() {
        let stage = Stage()
        for port in UInt16(0)..<5 { Client(stage, port: 40_000 + port).allocate() }
        stage.endAll()
        #expect(stage.sockets.open.isEmpty && stage.server.allocationCount == 0)
    }

    @Test("The counters of loops add up")
    func counters() throws {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        client.bind(0x4000, try address("1.1.1.1", 80))
        _ = client.channelData(0x4000)
        _ = client.permit(try address("10.0.0.1", 80))
        var sum = stage.server.counters
        sum.add(stage.server.counters)
        #expect(sum.allocations == 2 && sum.channels == 2 && sum.permissions == 2)
        #expect(sum.fromClients[0].packets == 2 && sum.fromClients[0].bytes == 8)
        #expect(sum.peerDenials[Int(PeerDenial.privateNetwork.rawValue)] == 2)
        let forbidden = try #require(ErrorCode.allCases.firstIndex(of: .forbidden))
        #expect(sum.refusals[forbidden] == 2)
        #expect(
            DropReason.allCases.count == sum.drops.count && PeerDenial.allCases.count == sum.peerDenials.count
        )
        #expect(ErrorCode.allCases.count == sum.refusals.count && Quota.allCases.count == sum.quotaHits.count)
    }
}
