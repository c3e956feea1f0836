import Addresses
import BigEndian

/// Version 2, binary (§2.2): a signature, a command, a family, a length, and a block of that length that begins with
/// the addresses.
enum ProxyHeaderV2 {
    /// Signature, command, family and length.
    static let fixedByteCount = 16
    /// The longest block that is read: addresses and what extensions a receiver has to be able to take (§2.2: those
    /// that fit in 536 bytes with the fixed part). Extensions (TLV) are skipped.
    static let maxBlockByteCount = 520
    static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]

    /// The lower half of the byte behind the signature; the upper half is the version.
    private enum Command: UInt8 {
        /// The proxy's own connection, to check whether the server lives for one.
        case local = 0x20
        case proxy = 0x21
    }

    /// Family and transport of the connection that the proxy has taken: all that the specification knows.
    private enum Family: UInt8 {
        case unspecified = 0x00
        case tcp4 = 0x11
        case udp4 = 0x12
        case tcp6 = 0x21
        case udp6 = 0x22
        case unixStream = 0x31
        case unixDatagram = 0x32

        /// Least bytes of the block.
        var addressByteCount: Int {
            switch self {
            case .unspecified: 0
            case .tcp4, .udp4: 12
            case .tcp6, .udp6: 36
            case .unixStream, .unixDatagram: 216
            }
        }
    }

    /// Reads the header that the bytes begin with.
    static func parse(_ bytes: RawSpan) -> ProxyHeader.Outcome {
        guard bytes.agrees(with: signature) else { return .malformed }
        guard bytes.byteCount > signature.count else { return .needMore }
        guard let command = Command(rawValue: bytes.uint8(at: 12)) else { return .malformed }
        guard bytes.byteCount >= fixedByteCount else { return .needMore }
        let blockByteCount = Int(bytes.uint16(at: 14))
        guard blockByteCount <= maxBlockByteCount else { return .malformed }
        let byteCount = fixedByteCount + blockByteCount
        let nobody = ProxyHeader(source: nil, destination: nil, byteCount: byteCount)
        // The family of a LOCAL header means nothing, nor does its block.
        guard command == .proxy else { return bytes.byteCount < byteCount ? .needMore : .header(nobody) }
        guard let family = Family(rawValue: bytes.uint8(at: 13)), family.addressByteCount <= blockByteCount
        else { return .malformed }
        guard bytes.byteCount >= byteCount else { return .needMore }
        switch family {
        case .tcp4:
            return .header(
                ProxyHeader(
                    source: address4(bytes, at: 16, port: 24),
                    destination: address4(bytes, at: 20, port: 26),
                    byteCount: byteCount))
        case .tcp6:
            return .header(
                ProxyHeader(
                    source: address6(bytes, at: 16, port: 48),
                    destination: address6(bytes, at: 32, port: 50),
                    byteCount: byteCount))
        // Nothing that a TCP connection could come from.
        case .unspecified, .udp4, .udp6, .unixStream, .unixDatagram: return .header(nobody)
        }
    }

    private static func address4(_ bytes: RawSpan, at place: Int, port: Int) -> TransportAddress {
        TransportAddress(IPAddress(v4: bytes.uint32(at: place)), port: bytes.uint16(at: port))
    }

    private static func address6(_ bytes: RawSpan, at place: Int, port: Int) -> TransportAddress {
        TransportAddress(
            IPAddress(v6High: bytes.uint64(at: place), low: bytes.uint64(at: place + 8)),
            port: bytes.uint16(at: port))
    }
}
