import Addresses
import Callers
import NIOCore
import Requests
import Testing

@testable import WebServer

@Suite("Whose socket it is")
struct SocketCallerTests {
    @Test("A Unix-domain peer is this machine: local unless a proxy has passed its request on")
    func unixDomain() throws {
        let resolver = ClientAddressResolver()
        let socket = try SocketAddress(unixDomainSocketPath: "/run/switchboard.sock")
        var request = RequestProvenance()
        request.authority = "localhost"
        let local = resolver.resolve(peer: socket, request)
        #expect(local == ClientOrigin(key: AddressKey(.loopbackIPv4), isLocal: true))
        request.note("x-forwarded-for", "192.0.2.1")
        #expect(!resolver.resolve(peer: socket, request).isLocal)
    }

    @Test("An IPv4-mapped peer is the IPv4 address, and trusted as such")
    func mapped() throws {
        let resolver = ClientAddressResolver(
            trustedProxies: [try #require(IPRange(network: "10.0.0.0/8"))])
        #expect(resolver.isTrustedProxy(try SocketAddress(ipAddress: "::ffff:10.0.0.1", port: 9)))
        #expect(!resolver.isTrustedProxy(try SocketAddress(ipAddress: "::ffff:192.0.2.1", port: 9)))
    }

    @Test("A socket's peer is read unmapped, and one of a Unix-domain socket is on this machine")
    func sockets() throws {
        for (peer, address) in [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::5", "2001:db8::5"),
        ] {
            let socket = try SocketAddress(ipAddress: peer, port: 443)
            let expected = try #require(IPAddress(address))
            #expect(IPAddress(socket) == expected)
            #expect(TransportAddress(socket) == TransportAddress(expected, port: 443))
        }
        let unix = try SocketAddress(unixDomainSocketPath: "/run/switchboard.sock")
        #expect(IPAddress(unix) == .loopbackIPv4)
        #expect(TransportAddress(unix) == nil)
    }
}
