import Addresses
import Callers
import Logging
import Requests
import TestSupport
import Testing

@testable import Callers

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

    /// A request to localhost.
    private static func request(_ forwardedFor: [String] = [], other: Bool = false) -> RequestProvenance {
        var request = RequestProvenance()
        request.authority = "localhost"
        for value in forwardedFor { request.note("x-forwarded-for", value) }
        if other { request.note("x-real-ip", "192.0.2.1") }
        return request
    }

    private func check(_ test: Case, trusting ranges: [String]) throws {
        let resolver = ClientAddressResolver(
            trustedProxies: try ranges.map { try #require(IPRange(network: $0)) })
        let peer = try #require(IPAddress(test.peer))
        let origin = resolver.resolve(
            peer: peer,
            Self.request(test.forwardedFor, other: test.other))
        let client = try #require(IPAddress(test.client))
        #expect(
            origin
                == ClientOrigin(
                    key: AddressKey(client), isLocal: test.isLocal, viaUntrustedProxy: test.viaUntrustedProxy)
        )
    }

    @Test("By default the address is the socket's, whatever a header says", arguments: withoutTrust)
    func trustsNobody(test: Case) throws {
        try check(test, trusting: [])
    }

    @Test("Behind trusted proxies it is the rightmost hop that is none of them", arguments: behindProxies)
    func readsHops(test: Case) throws {
        try check(test, trusting: ["10.0.0.0/8", "::1"])
    }

    @Test("An unknown peer is not local")
    func unknownPeer() {
        let unknown = ClientAddressResolver().resolve(peer: nil, Self.request())
        #expect(unknown == ClientOrigin(key: .unknown, isLocal: false))
    }

    @Test("A page of another site on this machine counts as this machine's address, with limits")
    func foreignPage() throws {
        var request = Self.request()
        request.note("origin", "https://evil.example")
        let origin = ClientAddressResolver().resolve(peer: .loopbackIPv4, request)
        #expect(origin == ClientOrigin(key: AddressKey(.loopbackIPv4), isLocal: false))
    }

    @Test("The log says once that a proxy may pass requests on as its own")
    func warnsOfHost() throws {
        let log = RecordingLog()
        let resolver = ClientAddressResolver(logger: log.logger)
        let peers = try ["192.0.2.1", "127.0.0.1"].map { try #require(IPAddress($0)) }
        var request = Self.request()
        for (host, expected) in [
            ("localhost", 0), ("", 0), ("signal.example.org", 1), ("other.example.org", 1),
        ] {
            request.authority = host
            for peer in peers { _ = resolver.resolve(peer: peer, request) }
            #expect(log.lines.count == expected, "\(host)")
        }
        #expect(log.lines.first?.contains("X-Forwarded-For") == true)
        #expect(log.lines.first?.contains("example") == false)
    }

    @Test("The log says once which setting is missing, and names no address")
    func warnsOnce() throws {
        let log = RecordingLog()
        let resolver = ClientAddressResolver(logger: log.logger)
        for client in ["198.51.100.1", "198.51.100.2"] {
            _ = resolver.resolve(peer: .loopbackIPv4, Self.request([client]))
        }
        let lines = log.lines
        #expect(lines.count == 1)
        #expect(lines.first?.contains("TRUSTED_PROXIES") == true)
        #expect(lines.first?.contains("198.51.100") == false)
    }
}
