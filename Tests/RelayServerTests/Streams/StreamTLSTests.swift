import Addresses
import COpenSSL
import Glibc
import Logging
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer
@testable import TLS

@Suite struct StreamTLSTests {
    private func fixture(_ limits: StreamLimits = StreamLimits()) throws -> (StreamFixture, TestCertificate) {
        let files = try TestCertificate()
        let certificates = try TLSCertificates(
            TLSSettings(certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile),
            logger: Logger(label: "test"))
        return (try StreamFixture(limits, certificates: certificates), files)
    }

    private func handshake(_ client: TLSTestClient, _ fixture: StreamFixture) -> Bool {
        fixture.turns {
            let result = client.handshake()
            return result != .wait
        } && client.handshake() == .done(1)
    }

    private func received(_ client: TLSTestClient, _ count: Int, _ fixture: StreamFixture) -> [UInt8] {
        var all: [UInt8] = []
        _ = fixture.turns {
            while case (.done, let bytes) = client.read() { all += bytes }
            return all.count >= count
        }
        return all
    }

    @Test func messagesGoBothWays() throws {
        let (fixture, _) = try fixture()
        fixture.path.echoes = true
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket, protocols: ["stun.turn"])
        #expect(handshake(client, fixture))
        #expect(client.applicationProtocol == "stun.turn")
        let sent = [TestMessage.binding(1), TestMessage.channelData(1000), TestMessage.binding(2)]
        for message in sent { #expect(client.write(message) == .done(message.count)) }
        let all = sent.flatMap { $0 }
        #expect(received(client, all.count, fixture) == all)
        #expect(fixture.path.messages == sent)
        #expect(fixture.path.routes.allSatisfy { $0.fiveTuple.transport == .tls })
        #expect(fixture.streams.counters.handshakes == 1 && fixture.streams.counters.openTLS == 1)
    }

    @Test func aMessageMayBeSpreadOverRecords() throws {
        let (fixture, _) = try fixture()
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket)
        #expect(handshake(client, fixture))
        let message = TestMessage.binding(1, byteCount: 200)
        for byte in message {
            #expect(client.write([byte]) == .done(1))
            fixture.turn()
        }
        #expect(fixture.turns { fixture.path.messages == [message] })
    }

    @Test func muchGoesOutInWholeAndInOrder() throws {
        let (fixture, _) = try fixture()
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket)
        #expect(handshake(client, fixture))
        #expect(client.write(TestMessage.binding()) == .done(20))
        #expect(fixture.turns { fixture.path.routes.count == 1 })
        let handle = try #require(fixture.path.routes.first).handle
        let frames = (0..<200).map { TestMessage.channelData(1196, UInt8($0)) }
        fixture.write { outboxes in for frame in frames { outboxes.append(handle, frame) } }
        #expect(received(client, 240_000, fixture) == frames.flatMap { $0 })
        #expect(fixture.path.outboxes.droppedPackets == 0)
    }

    @Test func aBlockedClientGetsAllThatWasKeptForIt() throws {
        var limits = StreamLimits()
        limits.outboxBytes = 60_000
        let (fixture, _) = try fixture(limits)
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket)
        #expect(handshake(client, fixture))
        #expect(client.write(TestMessage.binding()) == .done(20))
        #expect(fixture.turns { fixture.path.routes.count == 1 })
        let handle = try #require(fixture.path.routes.first).handle
        var appended = 0
        #expect(
            fixture.turns {
                fixture.write { $0.append(handle, TestMessage.channelData(1196)) }
                appended += 1
                return fixture.path.outboxes.droppedPackets > 0
            })
        let kept = (appended - Int(fixture.path.outboxes.droppedPackets)) * 1200
        #expect(received(client, kept, fixture).count == kept)
    }

    @Test func aFailedHandshakeIsCountedAndTheStreamEnds() throws {
        let (fixture, _) = try fixture()
        let connection = try fixture.connect()
        connection.send(TestMessage.binding())
        #expect(
            fixture.turns { fixture.streams.counters.ended(.handshake) == 1 && fixture.streams.count == 0 })
        #expect(fixture.path.messages.isEmpty)
    }

    @Test func aHandshakeThatStopsHalfWayEndsAfterTenSeconds() throws {
        let (fixture, _) = try fixture()
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket)
        #expect(client.handshake() == .wait)
        fixture.turn(milliseconds: 100)
        fixture.turn(milliseconds: 100)
        #expect(fixture.streams.count == 1)
        fixture.pass(.milliseconds(10_100))
        fixture.turn()
        #expect(fixture.streams.counters.ended(.slow) == 1 && fixture.streams.count == 0)
    }

    @Test func aCrowdOfHandshakesIsWorkedOffTurnByTurn() throws {
        var limits = StreamLimits()
        limits.handshakesPerTurn = 2
        let (fixture, _) = try fixture(limits)
        let connections = try (0..<12).map { _ in try fixture.connect() }
        let clients = try connections.map { try TLSTestClient($0.socket) }
        #expect(fixture.turns { fixture.streams.count == 12 })
        for client in clients { #expect(client.handshake() == .wait) }
        fixture.turn(milliseconds: 100)
        // Two have had their answer, the others have not been read.
        #expect(clients.filter { $0.handshake() != .wait }.count <= 2)
        for client in clients { #expect(handshake(client, fixture)) }
        #expect(fixture.turns { fixture.streams.counters.handshakes == 12 })
    }

    @Test func aNewCertificateIsShownToNewClientsAndOldOnesStay() throws {
        let files = try TestCertificate(name: "first.test")
        let certificates = try TLSCertificates(
            TLSSettings(certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile),
            logger: Logger(label: "test"))
        let fixture = try StreamFixture(certificates: certificates)
        fixture.path.echoes = true
        let firstConnection = try fixture.connect()
        let first = try TLSTestClient(firstConnection.socket)
        #expect(handshake(first, fixture))
        try files.write(name: "second.test")
        certificates.reloadIfChanged()
        let secondConnection = try fixture.connect()
        let second = try TLSTestClient(secondConnection.socket)
        #expect(handshake(second, fixture))
        #expect(first.certificateName == "first.test" && second.certificateName == "second.test")
        #expect(first.write(TestMessage.binding(3)) == .done(20))
        #expect(received(first, 20, fixture) == TestMessage.binding(3))
    }

    @Test func goodbyeEndsTheStream() throws {
        let (fixture, _) = try fixture()
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket)
        #expect(handshake(client, fixture))
        client.close()
        #expect(fixture.turns { fixture.streams.count == 0 })
        #expect(fixture.streams.counters.ended(.client) == 1)
    }

    @Test func goodbyeBehindAMessageEndsTheStreamWhenThatIsAnswered() throws {
        let (fixture, _) = try fixture()
        fixture.path.echoes = true
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket)
        #expect(handshake(client, fixture))
        #expect(client.write(TestMessage.binding(1)) == .done(20))
        client.close()
        #expect(fixture.turns { fixture.streams.count == 0 })
        #expect(client.read() == (.done(20), TestMessage.binding(1)))
        #expect(client.read().0 == .ended)
        #expect(fixture.streams.counters.ended(.client) == 1)
    }

    @Test func brokenRecordsEndTheStreamWithoutAGoodbye() throws {
        let (fixture, _) = try fixture()
        let connection = try fixture.connect()
        let client = try TLSTestClient(connection.socket)
        #expect(handshake(client, fixture))
        // A record of application data (RFC 8446 §5.1) that nobody has encrypted.
        connection.send([23, 3, 3, 0, 32] + [UInt8](repeating: 7, count: 32))
        #expect(fixture.turns { fixture.streams.count == 0 })
        #expect(fixture.streams.counters.ended(.broken) == 1)
        #expect(client.read().0 == .failed)
        #expect(ERR_peek_error() == 0)
    }
}
