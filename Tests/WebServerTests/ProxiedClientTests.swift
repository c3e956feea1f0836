import Addresses
import NIOCore
import ProxyProtocol
import Testing

@testable import WebServer

@Suite("Who is behind a proxy's header")
struct ProxiedClientTests {
    private func client(_ source: String?, behind socket: String) throws -> (String?, TransportAddress?) {
        let header = ProxyHeader(
            source: source.flatMap { TransportAddress($0) }, destination: TransportAddress("192.0.2.1:443"),
            byteCount: 28)
        let (client, destination) = header.client(behind: try SocketAddress(ipAddress: socket, port: 9))
        return (client?.ipAddress, destination)
    }

    @Test("The header's source is the client")
    func source() throws {
        for source in ["203.0.113.7:5", "[2001:db8::7]:5"] {
            let (found, destination) = try client(source, behind: "10.0.0.1")
            #expect(found == source.dropLast(2).filter { !"[]".contains($0) })
            #expect(destination == TransportAddress("192.0.2.1:443"))
        }
    }

    @Test("Without one it is the proxy itself")
    func local() throws {
        let (found, destination) = try client(nil, behind: "10.0.0.1")
        #expect(found == "10.0.0.1")
        #expect(destination == nil)
    }

    @Test("Without one from a proxy on this machine it is nobody, who has no privileges")
    func localProxy() throws {
        let (found, destination) = try client(nil, behind: "127.0.0.1")
        #expect(found == nil && destination == nil)
    }

    @Test("Another machine's loopback is that machine; this one's is local")
    func loopback() throws {
        for source in ["127.0.0.1:5", "[::1]:5", "[::ffff:127.0.0.1]:5"] {
            #expect(try client(source, behind: "10.0.0.1").0 == "10.0.0.1")
        }
        #expect(try client("127.0.0.8:5", behind: "127.0.0.1").0 == "127.0.0.8")
    }
}
