package import Addresses
import BigEndian

/// What a proxy says of a connection in front of its bytes: the PROXY protocol, versions 1 and 2
/// (https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt).
///
/// Only a connection from a proxy that is trusted may have one, and it must: whether a header is there is configured,
/// never found out by looking, or every client could claim any address.
package struct ProxyHeader: Equatable, Sendable {
    /// What the bytes so far amount to.
    package enum Outcome: Equatable, Sendable {
        /// Right so far; ask again with these bytes and more behind them. Never after ``ProxyHeader/maxByteCount``.
        case needMore
        /// Complete; what the client has sent begins behind `byteCount` bytes.
        case header(ProxyHeader)
        /// No header, or a wrong one: the connection has to be closed (§2).
        case malformed
    }

    /// The longest header that is read, of either version.
    package static let maxByteCount = max(
        ProxyHeaderV1.maxByteCount, ProxyHeaderV2.fixedByteCount + ProxyHeaderV2.maxBlockByteCount)

    /// Where the connection comes from, an IPv4-mapped IPv6 address as the IPv4 address it is; nil if the proxy made
    /// the connection for itself or does not say, and the socket's own address is the client's.
    package let source: TransportAddress?
    /// Where it was to go; nil as above.
    package let destination: TransportAddress?
    /// How many bytes the header took.
    package let byteCount: Int

    package init(source: TransportAddress?, destination: TransportAddress?, byteCount: Int) {
        // A proxy that listens on [::] writes IPv4 clients so. Left as they are, all of them would have one IPv6 /64 and
        // share the limits of one client.
        self.source = source?.unmapped
        self.destination = destination?.unmapped
        self.byteCount = byteCount
    }

    /// What a proxy sends for a connection of its own: version 2, LOCAL.
    package static let localBytes = ProxyHeaderV2.signature + [0x20, 0x00, 0x00, 0x00]

    /// Reads the header that `bytes` begin with. Bytes behind it are not looked at, and a wrong byte is noticed as soon
    /// as it is there if no right header could have it in its place; within a line of version 1, when the line is whole.
    package static func parse(_ bytes: RawSpan) -> Outcome {
        guard bytes.byteCount > 0 else { return .needMore }
        // The first byte tells the versions apart: "P", or a carriage return that no line begins with.
        return bytes.uint8(at: 0) == ProxyHeaderV2.signature[0]
            ? ProxyHeaderV2.parse(bytes) : ProxyHeaderV1.parse(bytes)
    }
}

extension RawSpan {
    /// Whether the bytes could go on to begin with these, as far as they are here.
    func agrees(with beginning: [UInt8]) -> Bool {
        for index in 0..<min(byteCount, beginning.count) where uint8(at: index) != beginning[index] {
            return false
        }
        return true
    }
}
