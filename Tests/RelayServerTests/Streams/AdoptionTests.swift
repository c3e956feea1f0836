import Addresses
import CDatagrams
import Glibc
import Logging
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer
@testable import TLS

@Suite("Adopted streams") struct AdoptionTests {
    private let client = TransportAddress("192.0.2.7:4711")

    /// Has the fixture adopt a plain connection; as coming from `client` if there is one.
    @discardableResult
    private func adopt(
        _ connection: AcceptedConnection, _ fixture: StreamFixture, received: [UInt8] = [],
        client: TransportAddress? = nil
    ) -> Bool {
        let stream = AdoptedStream(
            DetachedStream(
                socket: connection.socket, client: client ?? connection.address, server: connection.server,
                tls: nil, received: received),
            admission: fixture.admission)
        if let stream { fixture.adopt(stream) }
        return stream != nil
    }

    private func ends(_ connection: TestConnection, _ fixture: StreamFixture) -> Bool {
        fixture.turns {
            _ = connection.receive()
            return connection.isEnded
        }
    }

    @Test("What came before is worked on at once, and the rest when it comes")
    func plain() throws {
        let fixture = try StreamFixture(listens: false)
        fixture.path.echoes = true
        let connection = try AcceptedConnection()
        let (first, second) = (TestMessage.binding(1), TestMessage.binding(2, byteCount: 40))
        adopt(connection, fixture, received: first + second.prefix(30), client: client)
        #expect(fixture.path.messages == [first])
        #expect(connection.client.receive() == first)
        connection.client.send(Array(second.dropFirst(30)))
        #expect(fixture.turns { connection.client.receive() == second })
        let route = try #require(fixture.path.routes.last)
        #expect(route.fiveTuple.client == client && route.fiveTuple.server == connection.server)
        let counters = fixture.streams.counters
        #expect(counters.accepted == 1 && counters.adopted == 1 && counters.openTCP == 1)
        connection.client.endWriting()
        #expect(fixture.turns { fixture.streams.count == 0 })
        #expect(fixture.admission.count == 0 && fixture.streams.byFiveTuple.isEmpty)
    }

    @Test("More than one read's worth may have come before")
    func plenty() throws {
        let fixture = try StreamFixture(listens: false)
        let connection = try AcceptedConnection()
        let sent = [TestMessage.binding()] + (0..<5).map { TestMessage.channelData(60_000, $0) }
        adopt(connection, fixture, received: sent.flatMap { $0 })
        #expect(fixture.path.messages == sent)
    }

    @Test("The socket gets the options of the relay's own")
    func options() throws {
        let fixture = try StreamFixture(listens: false)
        let connection = try AcceptedConnection()
        // As a listener without them would hand it out.
        var zero: Int32 = 0
        setsockopt(connection.socket, Int32(IPPROTO_TCP), TCP_NODELAY, &zero, 4)
        _ = fcntl(connection.socket, F_SETFL, 0)
        adopt(connection, fixture)
        #expect(connection.option(Int32(IPPROTO_TCP), TCP_NODELAY) == 1)
        #expect(connection.option(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT) == StreamSocket.unsentBytes)
        #expect(fcntl(connection.socket, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(connection.socket, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test("A client that has gone meanwhile gets its messages worked on and ends")
    func gone() throws {
        let fixture = try StreamFixture(listens: false)
        let connection = try AcceptedConnection()
        connection.client.endWriting()
        adopt(connection, fixture, received: TestMessage.binding(3))
        #expect(fixture.path.messages == [TestMessage.binding(3)])
        #expect(fixture.turns { fixture.streams.counters.ended(.client) == 1 })
        #expect(fixture.path.closed.count == 1 && fixture.streams.count == 0)
    }

    @Test(
        "Bytes that are not STUN end it",
        arguments: [[0x16, 3, 1, 2, 0], TestMessage.channelData(4), [0, 1, 0, 3]])
    func nonsense(_ bytes: [UInt8]) throws {
        let fixture = try StreamFixture(listens: false)
        let connection = try AcceptedConnection()
        adopt(connection, fixture, received: bytes)
        #expect(ends(connection.client, fixture))
        #expect(fixture.streams.counters.ended(.malformed) == 1 && fixture.admission.count == 0)
    }

    @Test("It has ten seconds for its first message")
    func silent() throws {
        let fixture = try StreamFixture(listens: false)
        let connection = try AcceptedConnection()
        adopt(connection, fixture, received: [0, 1])
        fixture.turn()
        #expect(fixture.streams.count == 1)
        fixture.pass(.milliseconds(10_100))
        fixture.turn()
        #expect(fixture.streams.counters.ended(.slow) == 1 && fixture.streams.count == 0)
        #expect(ends(connection.client, fixture))
    }

    @Test("It counts for its client's address, and one too many is closed")
    func limited() throws {
        var limits = StreamLimits()
        limits.maxStreamsPerAddress = 2
        let fixture = try StreamFixture(limits, listens: false)
        let connections = try (0..<3).map { _ in try AcceptedConnection() }
        #expect(connections.map { adopt($0, fixture) } == [true, true, false])
        #expect(ends(connections[2].client, fixture))
        #expect(fixture.streams.count == 2 && fixture.admission.count == 2)
    }

    @Test("Nothing is adopted once the relay takes no new clients")
    func draining() throws {
        let fixture = try StreamFixture(listens: false)
        let before = try AcceptedConnection()
        adopt(before, fixture)
        fixture.streams.stopListening()
        let after = try AcceptedConnection()
        adopt(after, fixture)
        #expect(ends(after.client, fixture))
        #expect(fixture.streams.counters.ended(.refused) == 1)
        #expect(fixture.streams.count == 1 && fixture.admission.count == 1)
        before.client.send(TestMessage.binding())
        #expect(fixture.turns { fixture.path.messages.count == 1 })
    }

    @Test("One that nobody takes is closed")
    func forgotten() throws {
        let fixture = try StreamFixture(listens: false)
        let connection = try AcceptedConnection()
        do {
            let stream = AdoptedStream(
                DetachedStream(
                    socket: connection.socket, client: connection.address, server: connection.server,
                    tls: nil, received: []),
                admission: fixture.admission)
            #expect(stream != nil && fixture.admission.count == 1)
        }
        #expect(ends(connection.client, fixture))
        #expect(fixture.admission.count == 0)
    }

    @Test("A five-tuple that exists already belongs to the newer stream")
    func replaced() throws {
        let fixture = try StreamFixture(listens: false)
        let (older, newer) = (try AcceptedConnection(), try AcceptedConnection())
        let server = TransportAddress(.loopbackIPv4, port: 443)
        for connection in [older, newer] {
            let client = try #require(client)
            let stream = AdoptedStream(
                DetachedStream(
                    socket: connection.socket, client: client, server: server, tls: nil,
                    received: TestMessage.binding()),
                admission: fixture.admission)
            fixture.adopt(try #require(stream))
        }
        #expect(ends(older.client, fixture))
        #expect(fixture.streams.counters.ended(.replaced) == 1 && fixture.streams.count == 1)
        // The allocation of the older has ended before the newer could have one.
        #expect(fixture.path.closed.count == 1)
        newer.client.send(TestMessage.binding(5))
        #expect(fixture.turns { fixture.path.messages.last == TestMessage.binding(5) })
        newer.client.endWriting()
        #expect(fixture.turns { fixture.streams.count == 0 })
        #expect(fixture.streams.byFiveTuple.isEmpty && fixture.admission.count == 0)
    }

    @Test("A TLS session goes on in the middle of a record")
    func tls() throws {
        let files = try TestCertificate()
        let context = try TLSContext(
            TLSSettings(certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile))
        let fixture = try StreamFixture(listens: false)
        fixture.path.echoes = true
        let connection = try AcceptedConnection()
        let tlsClient = try TLSTestClient(connection.client.socket, protocols: ["stun.turn"])
        let (first, second) = (TestMessage.binding(1), TestMessage.binding(2, byteCount: 400))
        let host = try SessionHost(context, socket: connection.socket)
        #expect(host.handshake(tlsClient))
        #expect(tlsClient.write(first) == .done(first.count))
        #expect(host.receive(byteCount: first.count) == first)
        #expect(tlsClient.write(second) == .done(second.count))
        #expect(host.receiveOnce(byteCount: 100).isEmpty)
        let stream = AdoptedStream(
            DetachedStream(
                socket: connection.socket, client: connection.address, server: connection.server,
                tls: host.takeSession(), received: first),
            admission: fixture.admission)
        fixture.adopt(try #require(stream))
        #expect(fixture.turns { fixture.path.messages == [first, second] })
        #expect(fixture.streams.counters.openTLS == 1 && fixture.streams.counters.adopted == 1)
        var answers: [UInt8] = []
        #expect(
            fixture.turns {
                while case (.done, let bytes) = tlsClient.read() { answers += bytes }
                return answers == first + second
            })
        tlsClient.close()
        #expect(fixture.turns { fixture.streams.count == 0 })
        #expect(fixture.streams.counters.ended(.client) == 1)
    }
}

/// Has a TLS session until it changes hands, as the web server does.
private final class SessionHost {
    private let socket: Int32
    private let exchange: UnsafeMutablePointer<TLSExchange>
    private let input: UnsafeMutableRawPointer
    private var session: TLSSession?

    init(_ context: TLSContext, socket: Int32) throws {
        self.socket = socket
        exchange = .allocate(capacity: 1)
        exchange.initialize(to: TLSExchange(socket: socket))
        input = .allocate(byteCount: 65_536, alignment: 16)
        guard let session = TLSSession(context, exchange: exchange) else { throw TestFailure("session") }
        self.session = consume session
    }

    deinit {
        exchange.deallocate()
        input.deallocate()
    }

    /// Reads the socket once.
    private func fill(_ byteCount: Int = 65_536) {
        let count = recv(socket, input, byteCount, Int32(MSG_DONTWAIT))
        exchange.pointee.input = UnsafeRawPointer(input)
        exchange.pointee.inputByteCount = max(0, count)
    }

    func handshake(_ client: TLSTestClient) -> Bool {
        var isDone = false
        for _ in 0..<5_000 {
            let atClient = client.handshake()
            if !isDone {
                fill()
                isDone = session?.handshake() == .done(0)
            }
            if isDone, atClient == .done(1) { return true }
            usleep(1_000)
        }
        return false
    }

    /// Decrypts what one read of so many bytes gives.
    func receiveOnce(byteCount: Int) -> [UInt8] {
        fill(byteCount)
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            let step = bytes.withUnsafeMutableBytes { memory in
                memory.baseAddress.flatMap { session?.read(into: $0, byteCount: memory.count) } ?? .failed
            }
            guard case .done(let count) = step else { return all }
            all += bytes.prefix(count)
        }
    }

    func receive(byteCount: Int) -> [UInt8] {
        var all: [UInt8] = []
        for _ in 0..<5_000 where all.count < byteCount {
            all += receiveOnce(byteCount: 65_536)
            if all.count < byteCount { usleep(1_000) }
        }
        return all
    }

    func takeSession() -> TLSSession? {
        session?.detach()
        return session.take()
    }
}
