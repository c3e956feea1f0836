import Logging
import NIOCore
import Testing

@testable import WebServer

@Suite("Who a request comes from")
struct ClientAddressResolverTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let peer: String
        var forwardedFor: [String] = []
        var other = false
        let client: String
        var isLocal = false
        var viaUntrustedProxy = false
        var testDescription: String { "\(peer) with \(forwardedFor) is \(client)" }
    }

    static let withoutTrust = [
        Case(peer: "203.0.113.7", client: "203.0.113.7"),
        Case(peer: "203.0.113.7", forwardedFor: ["198.51.100.1"], client: "203.0.113.7"),
        Case(peer: "127.0.0.1", client: "127.0.0.1", isLocal: true),
        Case(peer: "127.8.9.1", client: "127.8.9.1", isLocal: true),
        Case(peer: "::1", client: "::1", isLocal: true),
        Case(peer: "::ffff:127.0.0.1", client: "127.0.0.1", isLocal: true),
        Case(peer: "127.0.0.1", forwardedFor: ["198.51.100.1"], client: "127.0.0.1", viaUntrustedProxy: true),
        Case(peer: "127.0.0.1", forwardedFor: [""], client: "127.0.0.1", viaUntrustedProxy: true),
        Case(peer: "::1", other: true, client: "::1", viaUntrustedProxy: true),
    ]

    static let behindProxies = [
        Case(peer: "10.0.0.1", forwardedFor: ["198.51.100.1"], client: "198.51.100.1"),
        Case(peer: "10.0.0.1", forwardedFor: ["192.0.2.66, 198.51.100.1"], client: "198.51.100.1"),
        Case(peer: "10.0.0.1", forwardedFor: ["198.51.100.1, 10.0.0.9"], client: "198.51.100.1"),
        Case(
            peer: "10.0.0.1", forwardedFor: ["192.0.2.66", "198.51.100.1 ,10.0.0.9", "10.0.0.8"],
            client: "198.51.100.1"),
        Case(peer: "10.0.0.1", forwardedFor: ["198.51.100.1:4711"], client: "198.51.100.1"),
        Case(peer: "10.0.0.1", forwardedFor: ["[2001:db8::1]:4711"], client: "2001:db8::1"),
        Case(peer: "10.0.0.1", forwardedFor: ["198.51.100.1, , ,"], client: "198.51.100.1"),
        Case(peer: "10.0.0.1", forwardedFor: ["198.51.100.1, garbage"], client: "10.0.0.1"),
        Case(peer: "10.0.0.1", forwardedFor: ["198.51.100.1, garbage, 10.0.0.9"], client: "10.0.0.9"),
        Case(peer: "10.0.0.1", forwardedFor: ["10.0.0.3, 10.0.0.2"], client: "10.0.0.3"),
        Case(peer: "10.0.0.1", client: "10.0.0.1"),
        Case(peer: "10.0.0.1", other: true, client: "10.0.0.1"),
        Case(peer: "::1", forwardedFor: ["198.51.100.1"], client: "198.51.100.1"),
        Case(peer: "::1", forwardedFor: ["127.0.0.1"], client: "127.0.0.1"),
        Case(peer: "::1", forwardedFor: ["::1"], client: "::1"),
        Case(peer: "::1", client: "::1", isLocal: true),
        Case(peer: "127.0.0.1", forwardedFor: ["198.51.100.1"], client: "127.0.0.1", viaUntrustedProxy: true),
        Case(peer: "203.0.113.7", forwardedFor: ["198.51.100.1"], client: "203.0.113.7"),
    ]

    private func check(_ test: Case, trusting ranges: [String]) throws {
        let resolver = ClientAddressResolver(
            trustedProxies: try ranges.map { try #require(AddressRange($0)) })
        let origin = resolver.resolve(
            peer: try SocketAddress(ipAddress: test.peer, port: 5000), forwardedFor: test.forwardedFor,
            hasOtherForwardingHeader: test.other)
        let client = try #require(ClientAddress(test.client))
        #expect(
            origin
                == ClientOrigin(
                    key: client.key, isLocal: test.isLocal, viaUntrustedProxy: test.viaUntrustedProxy))
    }

    @Test("By default the address is the socket's, whatever a header says", arguments: withoutTrust)
    func trustsNobody(test: Case) throws {
        try check(test, trusting: [])
    }

    @Test("Behind trusted proxies it is the rightmost hop that is none of them", arguments: behindProxies)
    func readsHops(test: Case) throws {
        try check(test, trusting: ["10.0.0.0/8", "::1"])
    }

    @Test("A Unix-domain peer is local, an unknown peer is not")
    func specialPeers() throws {
        let resolver = ClientAddressResolver()
        let socket = try SocketAddress(unixDomainSocketPath: "/run/switchboard.sock")
        let local = resolver.resolve(peer: socket, forwardedFor: [String](), hasOtherForwardingHeader: false)
        #expect(local == ClientOrigin(key: ClientAddress.loopback.key, isLocal: true))
        let forwarded = resolver.resolve(
            peer: socket, forwardedFor: ["192.0.2.1"], hasOtherForwardingHeader: false)
        #expect(!forwarded.isLocal)
        let unknown = resolver.resolve(peer: nil, forwardedFor: [String](), hasOtherForwardingHeader: false)
        #expect(unknown == ClientOrigin(key: .unknown, isLocal: false))
    }

    @Test("The log says once which setting is missing, and names no address")
    func warnsOnce() throws {
        let log = RecordingLog()
        let resolver = ClientAddressResolver(logger: log.logger)
        let peer = try SocketAddress(ipAddress: "127.0.0.1", port: 5000)
        for client in ["198.51.100.1", "198.51.100.2"] {
            _ = resolver.resolve(peer: peer, forwardedFor: [client], hasOtherForwardingHeader: false)
        }
        let lines = log.lines
        #expect(lines.count == 1)
        #expect(lines.first?.contains("TRUSTED_PROXIES") == true)
        #expect(lines.first?.contains("198.51.100") == false)
    }
}
