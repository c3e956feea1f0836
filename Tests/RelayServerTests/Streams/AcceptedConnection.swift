import Addresses
import Glibc
import STUN
import TURN

@testable import RelayServer

/// A connection as another part of the program has accepted it, and the client at its other end.
struct AcceptedConnection {
    let client: TestConnection
    /// Belongs to whoever adopts it.
    let socket: Int32
    let server: TransportAddress

    init() throws {
        let listener = try StreamListener.open(
            TransportAddress(.loopbackIPv4, port: 0), transport: .tcp)
        defer { close(listener.socket) }
        server = listener.address
        client = try TestConnection(to: listener.address)
        var accepted: Int32 = -1
        for _ in 0..<5_000 where accepted < 0 {
            accepted = accept(listener.socket, nil, nil)
            if accepted < 0 { usleep(1_000) }
        }
        guard accepted >= 0 else { throw TestFailure("accept") }
        socket = accepted
    }

    var address: TransportAddress { client.localAddress ?? TransportAddress(.anyIPv4, port: 0) }

    /// An option of the accepted socket.
    func option(_ level: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = -1
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket, level, name, &value, &size)
        return value
    }
}
