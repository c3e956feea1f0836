public import Addresses
public import BigEndian

/// A Data indication (RFC 8656 §11.3), written around data that is already in memory: its header goes into headroom
/// before the data, its padding behind.
@usableFromInline
package enum DataIndication {
    /// Class and method as they stand in a message.
    @inlinable
    package static var messageType: UInt16 { 0x0017 }
    /// The longest header, that of an IPv6 peer: how much headroom a buffer needs.
    @inlinable
    package static var maxHeaderByteCount: Int { 48 }
    /// Bytes of padding there may be behind the data.
    @inlinable
    package static var maxPaddingByteCount: Int { 3 }

    /// Bytes before the data: STUN header, XOR-PEER-ADDRESS, and the type and length of DATA.
    @inlinable @inline(__always)
    package static func headerByteCount(_ family: IPAddress.Family) -> Int {
        family == .ipv4 ? 36 : 48
    }

    /// The most data a Data indication can carry: its header names the length of the attributes in 16 bits, a multiple
    /// of 4. Longer datagrams, which only IPv6 has, must be dropped.
    @inlinable @inline(__always)
    package static func maxPayloadByteCount(_ family: IPAddress.Family) -> Int {
        65_552 &- headerByteCount(family)
    }

    /// Bytes that must follow the data so that the message ends on a multiple of 4; zeros, or a client could be shown
    /// bytes of another.
    @inlinable @inline(__always)
    package static func paddingByteCount(payloadByteCount: Int) -> Int {
        (0 &- payloadByteCount) & 3
    }

    /// Bytes of the whole message.
    @inlinable @inline(__always)
    package static func byteCount(_ family: IPAddress.Family, payloadByteCount: Int) -> Int {
        headerByteCount(family) &+ (payloadByteCount &+ 3) & ~3
    }

    /// Writes ``headerByteCount(_:)`` bytes; the data, at most ``maxPayloadByteCount(_:)`` bytes, follows
    /// them directly.
    @inlinable @inline(__always)
    package static func writeHeader(
        to memory: UnsafeMutableRawPointer, peer: TransportAddress, payloadByteCount: Int,
        _ transactionID: TransactionID
    ) {
        let addressByteCount = XORAddress.byteCount(peer.family)
        let attributes = 8 &+ addressByteCount &+ (payloadByteCount &+ 3) & ~3
        memory.storeBigEndian(0x0017_0000 | UInt32(truncatingIfNeeded: attributes) & 0xFFFF, at: 0)
        memory.storeBigEndian(UInt32(0x2112_A442), at: 4)
        memory.storeBigEndian(transactionID.high, at: 8)
        memory.storeBigEndian(transactionID.low, at: 12)
        memory.storeBigEndian(0x0012_0000 | UInt32(truncatingIfNeeded: addressByteCount), at: 20)
        XORAddress.write(peer, to: memory, at: 24, transactionID)
        let data = 0x0013_0000 | UInt32(truncatingIfNeeded: payloadByteCount) & 0xFFFF
        memory.storeBigEndian(data, at: 24 &+ addressByteCount)
    }

    /// Writes header and padding around data that lies in memory with ``headerByteCount(_:)`` bytes before it and
    /// ``paddingByteCount(payloadByteCount:)`` behind; gives the message.
    @inlinable @inline(__always)
    package static func wrap(
        payload: UnsafeMutableRawPointer, byteCount: Int, peer: TransportAddress,
        _ transactionID: TransactionID
    ) -> UnsafeRawBufferPointer {
        let header = headerByteCount(peer.family)
        writeHeader(to: payload - header, peer: peer, payloadByteCount: byteCount, transactionID)
        let padding = paddingByteCount(payloadByteCount: byteCount)
        for offset in byteCount..<byteCount &+ padding {
            payload.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
        return UnsafeRawBufferPointer(start: payload - header, count: header &+ byteCount &+ padding)
    }
}
