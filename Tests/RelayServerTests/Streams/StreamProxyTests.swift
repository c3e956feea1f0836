import Addresses
import Glibc
import Logging
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer
@testable import TLS

/// Clients that come through a proxy which says where they come from.
@Suite("PROXY headers on the relay's listeners") struct StreamProxyTests {
    private let proxies = [IPRange(.loopbackIPv4)]

    private func header(_ client: String, _ port: Int = 4711) -> [UInt8] {
        Array("PROXY TCP4 \(client) 198.51.100.1 \(port) 3478\r\n".utf8)
    }

    /// Version 2, of a connection from 192.0.2.9:258.
    private let binary: [UInt8] =
        [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 12]
        + [192, 0, 2, 9, 198, 51, 100, 1, 1, 2, 0x0D, 0x96]
    private let local: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x20, 0, 0, 0]

    private func ends(_ fixture: StreamFixture, _ end: StreamEnd) -> Bool {
        fixture.turns { fixture.streams.counters.ended(end) == 1 && fixture.streams.count == 0 }
            && fixture.admission.count == 0
    }

    @Test("The header's source is the client")
    func named() throws {
        let fixture = try StreamFixture(proxies: proxies)
        fixture.path.echoes = true
        let client = try fixture.connect()
        client.send(header("192.0.2.1") + TestMessage.binding(1))
        #expect(fixture.turns { client.receive() == TestMessage.binding(1) })
        let route = try #require(fixture.path.routes.first)
        #expect(route.fiveTuple.client == TransportAddress("192.0.2.1:4711"))
        #expect(route.fiveTuple.server == TransportAddress("198.51.100.1:3478"))
        #expect(fixture.streams.counters.proxied == 1 && fixture.streams.counters.accepted == 1)
        client.endWriting()
        #expect(ends(fixture, .client))
        #expect(fixture.path.closed == [route.fiveTuple])
    }

    @Test("A header may come byte by byte, and TLS begins behind it")
    func beforeTLS() throws {
        let files = try TestCertificate()
        let certificates = try TLSCertificates(
            TLSSettings(certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile),
            logger: Logger(label: "test"))
        let fixture = try StreamFixture(certificates: certificates, proxies: proxies)
        let connection = try fixture.connect()
        for byte in binary.dropLast() {
            connection.send([byte])
            fixture.turn(milliseconds: 20)
        }
        let client = try TLSTestClient(connection.socket)
        // The last byte and the ClientHello may come together.
        connection.send([binary[binary.count - 1]])
        #expect(fixture.turns { client.handshake() == .done(1) })
        #expect(client.write(TestMessage.binding(2)) == .done(20))
        #expect(fixture.turns { fixture.path.messages == [TestMessage.binding(2)] })
        #expect(fixture.path.routes.first?.fiveTuple.client == TransportAddress("192.0.2.9:258"))
        #expect(fixture.path.routes.first?.fiveTuple.transport == .tls)
    }

    @Test("A proxy's own connection has the proxy's address")
    func ofTheProxy() throws {
        for bytes in [local, Array("PROXY UNKNOWN\r\n".utf8)] {
            let fixture = try StreamFixture(proxies: proxies)
            let client = try fixture.connect()
            client.send(bytes + TestMessage.binding())
            #expect(fixture.turns { fixture.path.messages.count == 1 })
            #expect(fixture.path.routes.first?.fiveTuple.client == client.localAddress)
        }
    }

    @Test(
        "A proxy's connection without a header ends", arguments: [TestMessage.binding(), [0x16, 3, 1], [0]])
    func without(_ bytes: [UInt8]) throws {
        let fixture = try StreamFixture(proxies: proxies)
        let client = try fixture.connect()
        client.send(bytes)
        #expect(ends(fixture, .proxyHeader))
        #expect(fixture.path.messages.isEmpty)
    }

    @Test("A header of anybody else is bad input")
    func untrusted() throws {
        let fixture = try StreamFixture(proxies: [IPRange(IPAddress(v4: 0x7F00_0002))])
        let client = try fixture.connect()
        client.send(header("192.0.2.1") + TestMessage.binding())
        #expect(ends(fixture, .malformed))
    }

    @Test("A header has ten seconds", arguments: [0, 1, 20])
    func slow(_ byteCount: Int) throws {
        let fixture = try StreamFixture(proxies: proxies)
        let client = try fixture.connect()
        client.send(Array(header("192.0.2.1").prefix(byteCount)))
        #expect(fixture.turns { fixture.streams.count == 1 })
        fixture.turn(milliseconds: 20)
        fixture.pass(.milliseconds(10_100))
        fixture.turn()
        #expect(ends(fixture, .slow))
    }

    @Test("A connection that ends within its header is forgotten")
    func cutShort() throws {
        let fixture = try StreamFixture(proxies: proxies)
        let client = try fixture.connect()
        client.send(Array(binary.prefix(13)))
        #expect(fixture.turns { fixture.memoryInUse })
        client.endWriting()
        #expect(ends(fixture, .client))
    }

    @Test("Clients are counted by their own addresses")
    func limited() throws {
        var limits = StreamLimits()
        limits.maxStreamsPerAddress = 1
        let fixture = try StreamFixture(limits, proxies: proxies)
        let clients = try (0..<3).map { _ in try fixture.connect() }
        for (number, client) in clients.enumerated() {
            client.send(header("192.0.2.\(min(number, 1))", 1000 + number) + TestMessage.binding())
            #expect(
                fixture.turns {
                    fixture.path.messages.count + Int(fixture.streams.counters.ended(.refused)) == number + 1
                })
        }
        #expect(fixture.streams.counters.ended(.refused) == 1)
        #expect(fixture.turns { fixture.streams.count == 2 } && fixture.admission.count == 2)
        clients[1].endWriting()
        #expect(fixture.turns { fixture.streams.count == 1 })
        let another = try fixture.connect()
        another.send(header("192.0.2.1") + TestMessage.binding())
        #expect(fixture.turns { fixture.path.messages.count == 3 })
    }

    @Test("A proxy cannot open more connections than there may be in all before it says whose they are")
    func bounded() throws {
        var limits = StreamLimits()
        limits.maxStreams = 2
        let fixture = try StreamFixture(limits, proxies: proxies)
        let clients = try (0..<3).map { _ in try fixture.connect() }
        #expect(fixture.turns { fixture.streams.counters.ended(.refused) == 1 })
        #expect(fixture.streams.count == 2)
        _ = clients
    }

    @Test("Of two connections with the same source the newer stays")
    func replaced() throws {
        let fixture = try StreamFixture(proxies: proxies)
        let (older, newer) = (try fixture.connect(), try fixture.connect())
        for client in [older, newer] {
            let before = fixture.path.messages.count
            client.send(header("192.0.2.1") + TestMessage.binding())
            #expect(fixture.turns { fixture.path.messages.count == before + 1 })
        }
        #expect(
            fixture.turns {
                _ = older.receive()
                return older.isEnded
            })
        #expect(fixture.streams.counters.ended(.replaced) == 1 && fixture.streams.count == 1)
        newer.send(TestMessage.binding(7))
        #expect(fixture.turns { fixture.path.messages.last == TestMessage.binding(7) })
    }
}
