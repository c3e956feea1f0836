import Addresses
import Glibc
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer

@Suite struct StreamClientsTests {
    private func opened(_ fixture: StreamFixture) throws -> TestConnection {
        let client = try fixture.connect()
        client.send(TestMessage.binding())
        let before = fixture.path.messages.count
        #expect(fixture.turns { fixture.path.messages.count > before })
        return client
    }

    @Test func messagesArriveWholeAndAnswersGoBack() throws {
        let fixture = try StreamFixture()
        fixture.path.echoes = true
        let client = try fixture.connect()
        client.send(TestMessage.binding(1))
        #expect(fixture.turns { client.receive() == TestMessage.binding(1) })
        #expect(fixture.path.messages == [TestMessage.binding(1)])
        let route = try #require(fixture.path.routes.first)
        #expect(route.fiveTuple.transport == .tcp)
        #expect(route.fiveTuple.client == client.localAddress)
        #expect(route.fiveTuple.server == fixture.address)
    }

    @Test func manyMessagesInOneReadAreCutApart() throws {
        let fixture = try StreamFixture()
        let client = try opened(fixture)
        let sent = (0..<40).map { $0 % 3 == 0 ? TestMessage.binding(UInt8($0)) : TestMessage.channelData($0) }
        client.send(sent.flatMap { TestMessage.padded($0) })
        #expect(fixture.turns { fixture.path.messages.count == 41 })
        #expect(Array(fixture.path.messages.dropFirst()) == sent)
    }

    @Test func messagesAreTheSameHoweverTheyAreCut() throws {
        let fixture = try StreamFixture()
        let client = try opened(fixture)
        let sent = [
            TestMessage.channelData(5), TestMessage.binding(3, byteCount: 40), TestMessage.channelData(0),
            TestMessage.channelData(2000), TestMessage.binding(4),
        ]
        let bytes = sent.flatMap { TestMessage.padded($0) }
        for size in [1, 3, 7, 50, 1000] {
            fixture.path.messages = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(bytes.count, start + size)])
                #expect(client.send(piece) == piece.count)
                fixture.turn(milliseconds: 20)
            }
            #expect(fixture.turns { fixture.path.messages.count == sent.count })
            #expect(fixture.path.messages == sent)
        }
    }

    @Test func theLongestMessagesPassInPieces() throws {
        let fixture = try StreamFixture()
        let client = try opened(fixture)
        let sent = [
            TestMessage.channelData(65_535), TestMessage.binding(1, byteCount: 65_532),
            TestMessage.channelData(3),
        ]
        var rest = sent.flatMap { TestMessage.padded($0) }[...]
        let arrived = fixture.turns {
            if !rest.isEmpty { rest = rest.dropFirst(max(0, client.send(Array(rest.prefix(9000))))) }
            return fixture.path.messages.count == 4
        }
        #expect(arrived && Array(fixture.path.messages.dropFirst()) == sent)
    }

    @Test(arguments: [
        Array("GET / HTTP/1.1\r\n\r\n".utf8), [0x16, 3, 1, 2, 0, 1, 0, 1], TestMessage.channelData(4), [0x80],
        [0xFF, 0xFF], [0, 1, 0, 3], [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x43],
        TestMessage.binding(0, byteCount: 8000),
    ])
    func whateverIsNotSTUNEndsAtOnce(_ bytes: [UInt8]) throws {
        let fixture = try StreamFixture()
        let client = try fixture.connect()
        client.send(bytes)
        #expect(
            fixture.turns {
                _ = client.receive()
                return client.isEnded
            })
        #expect(fixture.streams.counters.ended(.malformed) == 1)
        #expect(fixture.path.closed.count == 1 && fixture.path.messages.isEmpty)
        #expect(fixture.streams.count == 0 && fixture.admission.count == 0)
    }

    @Test func nonsenseBehindAMessageEndsTheStreamAfterTheMessage() throws {
        let fixture = try StreamFixture()
        let client = try fixture.connect()
        client.send(TestMessage.binding(9) + [0xC0])
        #expect(fixture.turns { fixture.streams.counters.ended(.malformed) == 1 })
        #expect(fixture.path.messages == [TestMessage.binding(9)])
    }

    @Test func anAnswerReachesAClientThatHasEndedItsSide() throws {
        let fixture = try StreamFixture()
        fixture.path.echoes = true
        let client = try fixture.connect()
        client.send(TestMessage.binding(5))
        client.endWriting()
        var received: [UInt8] = []
        #expect(
            fixture.turns {
                received += client.receive()
                return client.isEnded
            })
        #expect(received == TestMessage.binding(5))
        #expect(fixture.streams.counters.ended(.client) == 1)
    }

    @Test func framesArePaddedWithZeros() throws {
        let fixture = try StreamFixture()
        let client = try opened(fixture)
        let route = try #require(fixture.path.routes.first)
        fixture.write { $0.append(route.handle, TestMessage.channelData(5), padding: 3) }
        #expect(fixture.turns { client.receive() == TestMessage.channelData(5) + [0, 0, 0] })
    }

    @Test func allFramesOfATurnLeaveTogetherAndInOrder() throws {
        let fixture = try StreamFixture()
        let client = try opened(fixture)
        let route = try #require(fixture.path.routes.first)
        let frames = (0..<100).map { TestMessage.channelData(400, $0) }
        fixture.write { outboxes in
            for frame in frames { outboxes.append(route.handle, frame) }
        }
        var received: [UInt8] = []
        #expect(
            fixture.turns {
                received += client.receive()
                return received.count >= 40_400
            })
        #expect(received == frames.flatMap { $0 })
    }

    @Test func aHandleThatOutlivedItsClientReachesNobody() throws {
        let fixture = try StreamFixture()
        let first = try opened(fixture)
        let old = try #require(fixture.path.routes.last)
        first.endWriting()
        #expect(fixture.turns { fixture.path.closed.count == 1 })
        let second = try opened(fixture)
        let new = try #require(fixture.path.routes.last)
        #expect(new.handle != old.handle)
        fixture.write {
            $0.append(old.handle, TestMessage.channelData(8, 1))
            $0.append(new.handle, TestMessage.channelData(8, 2))
        }
        #expect(fixture.turns { second.receive() == TestMessage.channelData(8, 2) })
    }

    @Test func descriptorsAndPlacesReturnAfterManyClients() throws {
        let fixture = try StreamFixture()
        fixture.path.echoes = true
        for round in UInt8(0)..<50 {
            let clients = try (0..<10).map { _ in try fixture.connect() }
            for client in clients { client.send(TestMessage.binding(round)) }
            for client in clients { #expect(fixture.turns { !client.receive().isEmpty }) }
        }
        #expect(fixture.turns { fixture.streams.count == 0 })
        #expect(fixture.admission.count == 0)
        #expect(fixture.streams.counters.accepted == 500)
        #expect(fixture.streams.counters.openTCP == 0)
    }
}
