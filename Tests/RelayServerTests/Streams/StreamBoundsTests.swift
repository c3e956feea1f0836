import Addresses
import Backlog
import Glibc
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer

@Suite struct StreamBoundsTests {
    private func opened(_ fixture: StreamFixture) throws -> (TestConnection, ClientRoute) {
        let client = try fixture.connect()
        client.send(TestMessage.binding())
        let before = fixture.path.routes.count
        #expect(fixture.turns { fixture.path.routes.count > before })
        return (client, try #require(fixture.path.routes.last))
    }

    private func ends(_ fixture: StreamFixture, _ end: StreamEnd) -> Bool {
        fixture.turn()
        return fixture.streams.counters.ended(end) == 1 && fixture.streams.count == 0
    }

    @Test func aConnectionThatSaysNothingEndsAfterTenSeconds() throws {
        let fixture = try StreamFixture()
        let client = try fixture.connect()
        #expect(fixture.turns { fixture.streams.count == 1 })
        fixture.pass(.milliseconds(9_900))
        fixture.turn()
        #expect(fixture.streams.count == 1)
        fixture.pass(.milliseconds(200))
        #expect(ends(fixture, .slow))
        _ = client.receive()
        #expect(client.isEnded)
    }

    @Test func aFirstMessageThatDribblesInEndsAfterTenSeconds() throws {
        let fixture = try StreamFixture()
        let client = try fixture.connect()
        #expect(fixture.turns { fixture.streams.count == 1 })
        for byte in TestMessage.binding().prefix(10) {
            client.send([byte])
            fixture.pass(.seconds(1))
            fixture.turn(milliseconds: 20)
        }
        fixture.pass(.milliseconds(200))
        #expect(ends(fixture, .slow))
    }

    @Test func aLaterMessageHasTenSecondsToo() throws {
        let fixture = try StreamFixture()
        fixture.path.holdsAllocations = true
        let (client, _) = try opened(fixture)
        fixture.pass(.seconds(500))
        fixture.turn()
        client.send(Array(TestMessage.channelData(100).prefix(50)))
        #expect(fixture.turns { fixture.memoryInUse })
        fixture.pass(.milliseconds(9_500))
        client.send([1])
        fixture.turn(milliseconds: 20)
        #expect(fixture.streams.count == 1)
        fixture.pass(.milliseconds(600))
        #expect(ends(fixture, .slow))
    }

    @Test func whoHasNoAllocationAndSendsNothingEndsAfterAMinute() throws {
        let fixture = try StreamFixture()
        let (client, _) = try opened(fixture)
        for _ in 0..<5 {
            fixture.pass(.seconds(50))
            client.send(TestMessage.binding())
            fixture.turn(milliseconds: 20)
        }
        #expect(fixture.streams.count == 1)
        fixture.pass(.seconds(61))
        #expect(ends(fixture, .idle))
    }

    @Test func whoHasAnAllocationMayBeSilent() throws {
        let fixture = try StreamFixture()
        fixture.path.holdsAllocations = true
        let (client, _) = try opened(fixture)
        for _ in 0..<50 {
            fixture.pass(.seconds(30))
            fixture.turn()
        }
        #expect(fixture.streams.count == 1)
        fixture.path.holdsAllocations = false
        fixture.pass(.seconds(90))
        #expect(ends(fixture, .idle))
        _ = client
    }

    @Test func theNewestMediaIsDroppedAtTheHighWaterMarkAndAnswersStillFit() throws {
        var limits = StreamLimits()
        limits.outboxBytes = 20_000
        let fixture = try StreamFixture(limits)
        let (client, route) = try opened(fixture)
        // Fill the socket until nothing more is taken.
        let media = TestMessage.channelData(1196)
        #expect(
            fixture.turns {
                fixture.write { outboxes in for _ in 0..<10 { outboxes.append(route.handle, media) } }
                return fixture.path.outboxes.droppedPackets > 0
            })
        let dropped = fixture.path.outboxes.droppedPackets
        let answer = TestMessage.binding(0xAB)
        fixture.write {
            $0.append(route.handle, media)
            $0.append(route.handle, answer)
        }
        #expect(fixture.path.outboxes.droppedPackets == dropped + 1)
        #expect(fixture.path.outboxes.droppedBytes == (dropped + 1) * 1200)
        var last: [UInt8] = []
        #expect(
            fixture.turns {
                last = Array((last + client.receive()).suffix(answer.count))
                return last == answer
            })
        fixture.write { $0.append(route.handle, media) }
        #expect(fixture.turns { client.receive() == media })
    }

    @Test func dataIndicationsAreMediaToo() throws {
        var limits = StreamLimits()
        limits.outboxBytes = 100
        let fixture = try StreamFixture(limits)
        let (_, route) = try opened(fixture)
        var indication = TestMessage.binding(0, byteCount: 100)
        indication[1] = 0x17
        fixture.write { $0.append(route.handle, indication) }
        #expect(fixture.path.outboxes.droppedPackets == 1)
    }

    @Test func whoDoesNotReadItsAnswersEnds() throws {
        var limits = StreamLimits()
        limits.outboxBytes = 1000
        limits.answerReserveBytes = 1000
        let fixture = try StreamFixture(limits)
        let (client, route) = try opened(fixture)
        fixture.write { outboxes in
            for _ in 0..<101 { outboxes.append(route.handle, TestMessage.binding()) }
        }
        #expect(fixture.turns { self.ends(fixture, .unread) })
        _ = client
    }

    @Test func whoTakesNothingForHalfAMinuteEnds() throws {
        let fixture = try StreamFixture()
        fixture.path.holdsAllocations = true
        let (client, route) = try opened(fixture)
        let media = TestMessage.channelData(1196)
        #expect(
            fixture.turns {
                fixture.write { outboxes in for _ in 0..<50 { outboxes.append(route.handle, media) } }
                return fixture.path.outboxes.droppedPackets > 0
            })
        fixture.pass(.seconds(29))
        client.send(TestMessage.binding())
        fixture.turn(milliseconds: 20)
        #expect(fixture.streams.count == 1)
        fixture.pass(.seconds(3))
        #expect(ends(fixture, .unread))
    }

    @Test func whoHasBeenBehindForTheLongestEndsWhenTooMuchWaitsInAll() throws {
        let budget = BufferBudget(maxBytes: 500_000)
        let fixture = try StreamFixture(budget: budget)
        fixture.path.holdsAllocations = true
        let (first, firstRoute) = try opened(fixture)
        let (second, secondRoute) = try opened(fixture)
        func fill(_ route: ClientRoute) -> Bool {
            let media = TestMessage.channelData(1196)
            let before = fixture.path.outboxes.droppedPackets
            return fixture.turns {
                fixture.write { outboxes in for _ in 0..<50 { outboxes.append(route.handle, media) } }
                return fixture.path.outboxes.droppedPackets > before
            }
        }
        #expect(fill(firstRoute))
        fixture.pass(.seconds(1))
        fixture.turn()
        #expect((200_000..<500_000).contains(budget.bufferedBytes) && fixture.streams.count == 2)
        #expect(fill(secondRoute))
        #expect(budget.bufferedBytes > 500_000)
        fixture.pass(.milliseconds(250))
        fixture.turn()
        #expect(fixture.streams.counters.ended(.memory) == 1 && fixture.streams.count == 1)
        #expect((200_000..<500_000).contains(budget.bufferedBytes))
        #expect(
            fixture.turns {
                _ = first.receive()
                return first.isEnded
            })
        second.send(TestMessage.binding())
        let before = fixture.path.routes.count
        #expect(fixture.turns { fixture.path.routes.count > before })
    }

    @Test func moreThanTheLimitOfAnAddressAreClosedAtOnce() throws {
        var limits = StreamLimits()
        limits.maxStreamsPerAddress = 3
        let fixture = try StreamFixture(limits)
        let clients = try (0..<5).map { _ in try fixture.connect() }
        #expect(fixture.turns { fixture.streams.counters.ended(.refused) == 2 })
        #expect(fixture.streams.count == 3)
        clients[0].endWriting()
        #expect(fixture.turns { fixture.streams.count == 2 })
        let another = try fixture.connect()
        #expect(fixture.turns { fixture.streams.count == 3 })
        _ = another
    }

    @Test func noMoreThanTheLimitOfATurnIsTakenAtOnce() throws {
        var limits = StreamLimits()
        limits.acceptsPerTurn = 4
        let fixture = try StreamFixture(limits)
        let clients = try (0..<10).map { _ in try fixture.connect() }
        fixture.turn(milliseconds: 1000)
        #expect(fixture.streams.count == 4)
        #expect(fixture.turns { fixture.streams.count == 10 })
        _ = clients
    }

    @Test func addressesAreCountedByTheir64() throws {
        var limits = StreamLimits()
        limits.maxStreamsPerAddress = 2
        limits.maxStreams = 4
        let admission = StreamAdmission(limits)
        #expect(admission.admit(IPAddress(v6High: 1, low: 1)))
        #expect(admission.admit(IPAddress(v6High: 1, low: 2)))
        #expect(!admission.admit(IPAddress(v6High: 1, low: 3)))
        #expect(admission.admit(IPAddress(v4: 1)))
        #expect(admission.admit(IPAddress(v4: 2)))
        #expect(!admission.admit(IPAddress(v4: 3)))
        admission.release(IPAddress(v6High: 1, low: 9))
        #expect(admission.admit(IPAddress(v4: 3)))
        #expect(admission.count == 4)
    }

    @Test func closingEverythingLeavesNothing() throws {
        let fixture = try StreamFixture()
        let (client, _) = try opened(fixture)
        fixture.closeAll()
        _ = client.receive()
        #expect(client.isEnded)
        #expect(fixture.streams.counters.ended(.draining) == 1)
        #expect(fixture.path.closed.count == 1 && fixture.admission.count == 0)
    }
}
