import STUN
import Testing

@testable import TURN

@Suite("Refresh (RFC 8656 §8)")
struct RefreshTests {
    @Test("A refresh without LIFETIME gives ten more minutes and says so")
    func extends() {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        stage.pass(seconds: 500)
        let answer = client.refresh()
        #expect(answer?.isSuccess == true && answer?.lifetime == 600)
        stage.pass(seconds: 599)
        #expect(stage.server.allocationCount == 1)
        stage.pass(seconds: 1)
        #expect(stage.server.allocationCount == 0)
    }

    @Test("A refresh can shorten what is left")
    func shortens() {
        let stage = Stage()
        let client = Client(stage)
        client.allocate { $0.add(.lifetime, UInt32(3600)) }
        #expect(client.refresh(700)?.lifetime == 700)
        stage.pass(seconds: 700)
        #expect(stage.server.allocationCount == 0)
    }

    @Test("Lifetime 0 ends the allocation; the same request again gets the same success")
    func ends() throws {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        let goodbye = client.message(.refresh) { $0.add(.lifetime, UInt32(0)) }
        let answer = try #require(client.send(goodbye))
        #expect(answer.isSuccess && answer.lifetime == 0)
        #expect(stage.sockets.open.isEmpty && stage.server.allocationCount == 0)
        #expect(client.send(goodbye)?.bytes == answer.bytes)
        #expect(client.refresh(0)?.code == 437)
        stage.pass(seconds: 40)
        #expect(client.send(goodbye)?.code == 437)
    }

    @Test("A late copy of an Allocate does not bring an ended allocation back")
    func lateAllocate() {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        let allocate = client.message(.allocate) { $0.add(requestedTransport: 17) }
        #expect(client.send(allocate)?.isSuccess == true)
        #expect(client.refresh(0)?.isSuccess == true)
        #expect(client.send(allocate)?.code == 437)
        #expect(client.allocate()?.isSuccess == true)
    }

    @Test("Many goodbyes are remembered up to a bound, the newest ones")
    func boundedTombstones() {
        let stage = Stage {
            $0.quotas.perUser = 0
            $0.quotas.perAddressAndMinute = 0
        }
        var goodbyes: [(Client, [UInt8])] = []
        for number in 0..<UInt16(Tombstones.maximumCount) + 10 {
            let client = Client(stage, port: 20_000 + number)
            client.allocate()
            let goodbye = client.message(.refresh) { $0.add(.lifetime, UInt32(0)) }
            #expect(client.send(goodbye)?.isSuccess == true)
            goodbyes.append((client, goodbye))
        }
        let codes = goodbyes.map { client, goodbye in client.send(goodbye)?.code }
        #expect(codes.filter { $0 == 437 }.count == 10)
        #expect(codes.suffix(Int(Tombstones.maximumCount)).allSatisfy { $0 == nil })
    }
}
