import Addresses
import BigEndian

/// Version 1, a line of text (§2.1): `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`.
enum ProxyHeaderV1 {
    /// The longest line with its end (§2.1).
    static let maxByteCount = 107

    private static let beginning = Array("PROXY ".utf8)
    private static let space = UInt8(ascii: " ")

    /// Reads the line that the bytes begin with.
    static func parse(_ bytes: RawSpan) -> ProxyHeader.Outcome {
        guard bytes.agrees(with: beginning) else { return .malformed }
        guard let lineByteCount = lineByteCount(bytes) else {
            return bytes.byteCount < maxByteCount ? .needMore : .malformed
        }
        guard lineByteCount >= beginning.count else { return .malformed }
        let line = (beginning.count..<lineByteCount).map { bytes.uint8(at: $0) }
        return header(line, byteCount: lineByteCount + 2) ?? .malformed
    }

    /// Bytes in front of the first end of line; nil if there is none where one may be.
    private static func lineByteCount(_ bytes: RawSpan) -> Int? {
        (0..<max(0, min(bytes.byteCount, maxByteCount) - 1)).first {
            bytes.uint8(at: $0) == UInt8(ascii: "\r") && bytes.uint8(at: $0 + 1) == UInt8(ascii: "\n")
        }
    }

    /// What the line says behind `PROXY `, one space between its words; nil if it is wrong.
    private static func header(_ line: [UInt8], byteCount: Int) -> ProxyHeader.Outcome? {
        let words = line.split(separator: space, omittingEmptySubsequences: false)
        let family: IPAddress.Family
        switch words.first {
        // What follows is to be ignored.
        case .some(let word) where word.elementsEqual("UNKNOWN".utf8):
            return .header(ProxyHeader(source: nil, destination: nil, byteCount: byteCount))
        case .some(let word) where word.elementsEqual("TCP4".utf8): family = .ipv4
        case .some(let word) where word.elementsEqual("TCP6".utf8): family = .ipv6
        default: return nil
        }
        guard words.count == 5,
            let source = address(words[1], words[3], family),
            let destination = address(words[2], words[4], family)
        else { return nil }
        return .header(ProxyHeader(source: source, destination: destination, byteCount: byteCount))
    }

    private static func address(
        _ host: ArraySlice<UInt8>, _ port: ArraySlice<UInt8>, _ family: IPAddress.Family
    ) -> TransportAddress? {
        guard let ip = IPAddress(String(decoding: host, as: UTF8.self)), ip.family == family,
            let port = number(port)
        else { return nil }
        return TransportAddress(ip, port: port)
    }

    /// A port in decimal digits without leading zeros.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self))
    }
}
