import Addresses
import Glibc
import STUN
import TLS
import TURN
import Testing

@testable import RelayServer

/// Streams that are handed to a whole relay, from another thread than its loops'.
@Suite("Handing streams over") struct AdoptingServerTests {
    private func answer(_ connection: AcceptedConnection) throws -> UDPClient.Message? {
        var bytes: [UInt8] = []
        try eventually {
            bytes += connection.client.receive()
            return bytes.count >= 20 && bytes.count >= 20 + Int(bytes[2]) << 8 + Int(bytes[3])
        }
        return UDPClient.Message(bytes)
    }

    private func isEnded(_ connection: AcceptedConnection) -> Bool {
        _ = connection.client.receive()
        return connection.client.isEnded
    }

    @Test("All loops take streams, without listeners of their own, and answer by the client's address")
    func serves() throws {
        let server = RelayServer.onLoopback(loops: 3, listeners: [])
        _ = try server.start()
        defer { server.stop() }
        let connections = try (0..<6).map { _ in try AcceptedConnection() }
        for (number, connection) in connections.enumerated() {
            let client = TransportAddress(IPAddress(v4: 0xC000_0201), port: UInt16(5_000 + number))
            let mapped = TransportAddress(IPAddress(v6High: 0, low: 0xFFFF_C000_0201), port: client.port)
            server.adopt(
                DetachedStream(
                    socket: connection.socket, client: number % 2 == 0 ? client : mapped,
                    server: connection.server, tls: nil, received: TestMessage.binding(UInt8(number))))
            #expect(try answer(connection)?.address(.xorMappedAddress) == client)
        }
        try eventually { server.snapshots().allSatisfy { $0.streams.adopted == 2 } }
        #expect(server.snapshot().streams.openTCP == 6)
    }

    @Test("One too many is closed and counted")
    func refuses() throws {
        let server = RelayServer.onLoopback(loops: 2, listeners: []) { sockets, _ in
            sockets.streams.maxStreams = 1
        }
        _ = try server.start()
        defer { server.stop() }
        let connections = try (0..<2).map { _ in try AcceptedConnection() }
        for connection in connections {
            server.adopt(
                DetachedStream(
                    socket: connection.socket, client: connection.address, server: connection.server,
                    tls: nil,
                    received: []))
        }
        try eventually { isEnded(connections[1]) }
        #expect(server.snapshot().streams.ended(.refused) == 1)
        connections[0].client.send(TestMessage.binding())
        #expect(try answer(connections[0])?.isSuccess == true)
    }

    @Test("A relay that does not run closes what it is given, and one that stops what it has")
    func stopped() throws {
        let server = RelayServer.onLoopback(listeners: [])
        func adopt() throws -> AcceptedConnection {
            let connection = try AcceptedConnection()
            server.adopt(
                DetachedStream(
                    socket: connection.socket, client: connection.address, server: connection.server,
                    tls: nil,
                    received: []))
            return connection
        }
        let early = try adopt()
        try eventually { isEnded(early) }
        _ = try server.start()
        let running = try adopt()
        server.stop()
        try eventually { isEnded(running) }
        let late = try adopt()
        try eventually { isEnded(late) }
    }
}
