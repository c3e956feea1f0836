import Addresses
import ProxyProtocol

/// Fuzzes the parser of PROXY headers. The input is what a connection begins with.
///
/// What must hold: of any part of it the parser asks for more, until it says once and for all what the reference says
/// of the whole; it never asks for more than the longest header; and it looks at nothing behind the header.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProxyHeader(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let wire = Array(UnsafeBufferPointer(start: start, count: count))
    let reference = ReferenceHeader(wire)
    var decided: ProxyHeader.Outcome?
    for arrived in 0...wire.count {
        let outcome = withExactCopy(of: wire[..<arrived], shift: arrived % 8) {
            ProxyHeader.parse(UnsafeRawBufferPointer($0).bytes)
        }
        if let decided {
            expectEqual(outcome, decided, "what was decided earlier, after \(arrived) bytes")
            continue
        }
        switch outcome {
        case .needMore: expect(arrived < ProxyHeader.maxByteCount, "waits for more than \(arrived) bytes")
        case .malformed:
            expectEqual(reference, nil, "refused after \(arrived) bytes")
            decided = outcome
        case .header(let header):
            expectEqual(header.byteCount, arrived, "bytes of the header")
            expectEqual(ReferenceHeader(header), reference, "header")
            decided = outcome
        }
    }
    if decided == nil { expectEqual(reference, nil, "a header that is not seen") }
    return 0
}

extension ReferenceHeader {
    init(_ header: ProxyHeader) {
        source = header.source.map(Self.text)
        destination = header.destination.map(Self.text)
        byteCount = header.byteCount
    }

    private static func text(_ address: TransportAddress) -> String {
        let ip = address.ip
        let isIPv4 = ip.family == .ipv4
        var bytes: [UInt8] = []
        for half in isIPv4 ? [UInt64(ip.v4Bits) << 32] : [ip.high, ip.low] {
            withUnsafeBytes(of: half.bigEndian) { bytes += $0 }
        }
        return text(isIPv4 ? Array(bytes.prefix(4)) : bytes, address.port)
    }
}
