import CScan

/// From every offset on, the search sixteen bytes at a time finds the special byte that a search byte by byte finds.
func expectSamePlainEnds(_ text: UnsafeRawBufferPointer) {
    guard let bytes = text.bindMemory(to: UInt8.self).baseAddress else { return }
    var expected = text.count
    for start in (0..<text.count).reversed() {
        if isSpecial(bytes[start]) { expected = start }
        expectEqual(scan_plain_end(bytes, start, text.count), expected, "plain characters from \(start)")
    }
}

/// Quotes, backslashes, control characters and what is not ASCII (RFC 8259 §7).
private func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x00...0x1F, 0x80...0xFF: true
    default: false
    }
}
