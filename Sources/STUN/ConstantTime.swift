import BigEndian

/// Comparisons whose time does not tell where two values differ.
package enum ConstantTime {
    /// Whether two spans hold the same bytes; their lengths are not secret.
    @inline(never)
    package static func equal(_ left: RawSpan, _ right: RawSpan) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        var difference: UInt8 = 0
        for offset in 0..<left.byteCount {
            difference |= left.uint8(at: offset) ^ right.uint8(at: offset)
        }
        return difference == 0
    }
}
