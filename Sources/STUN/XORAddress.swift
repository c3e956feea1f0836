public import Addresses
public import BigEndian

/// The value of XOR-MAPPED-ADDRESS and its siblings: 8 bytes for IPv4, 20 for IPv6 (RFC 8489 §14.2).
@usableFromInline
package enum XORAddress {
    /// Bytes of the value.
    @inlinable @inline(__always)
    package static func byteCount(_ family: IPAddress.Family) -> Int {
        family == .ipv4 ? 8 : 20
    }

    /// Reads a value of a given size that lies within the bytes; nothing when size and family do not fit.
    @inlinable @inline(__always)
    package static func read(
        _ bytes: RawSpan, at offset: Int, byteCount: Int, _ transactionID: TransactionID
    ) -> TransportAddress? {
        if byteCount == 8, bytes.uint8(at: offset &+ 1) == 0x01 {
            let word = bytes.uint64(at: offset) ^ 0x2112_2112_A442
            return TransportAddress(
                IPAddress(v4: UInt32(truncatingIfNeeded: word)), port: UInt16(truncatingIfNeeded: word &>> 32)
            )
        }
        guard byteCount == 20, bytes.uint8(at: offset &+ 1) == 0x02 else { return nil }
        let high = UInt64(0x2112_A442) &<< 32 | UInt64(transactionID.high)
        return TransportAddress(
            IPAddress(
                v6High: bytes.uint64(at: offset &+ 4) ^ high,
                low: bytes.uint64(at: offset &+ 12) ^ transactionID.low),
            port: bytes.uint16(at: offset &+ 2) ^ 0x2112)
    }

    /// Writes a value of ``byteCount(_:)`` bytes.
    @inlinable @inline(__always)
    package static func write(
        _ address: TransportAddress, to memory: UnsafeMutableRawPointer, at offset: Int,
        _ transactionID: TransactionID
    ) {
        memory.storeBigEndian(UInt16(address.family.rawValue), at: offset)
        memory.storeBigEndian(address.port ^ 0x2112, at: offset &+ 2)
        if address.family == .ipv4 {
            memory.storeBigEndian(address.ip.v4Bits ^ 0x2112_A442, at: offset &+ 4)
        } else {
            let high = UInt64(0x2112_A442) &<< 32 | UInt64(transactionID.high)
            memory.storeBigEndian(address.ip.high ^ high, at: offset &+ 4)
            memory.storeBigEndian(address.ip.low ^ transactionID.low, at: offset &+ 12)
        }
    }
}
