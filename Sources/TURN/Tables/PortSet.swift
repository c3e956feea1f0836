/// A set of ports, one bit each: a lookup is one memory access.
struct PortSet: ~Copyable {
    private static let words = 1024
    private let bits: UnsafeMutablePointer<UInt64>

    init(_ ports: [UInt16]) {
        bits = .allocate(capacity: Self.words)
        bits.initialize(repeating: 0, count: Self.words)
        for port in ports { bits[Int(port >> 6)] |= 1 << UInt64(port & 63) }
    }

    deinit { bits.deallocate() }

    @inline(__always)
    func contains(_ port: UInt16) -> Bool { bits[Int(port &>> 6)] &>> UInt64(port & 63) & 1 == 1 }
}
