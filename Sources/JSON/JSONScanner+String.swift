public import CScan

extension JSONScanner {
    /// The offset behind the closing quote of the string whose opening quote is at `start`. Escapes, control
    /// characters and UTF-8 are checked on the way; plain ASCII goes by sixteen bytes at a time.
    @inlinable
    package func stringEnd(_ start: Int) -> Int {
        var index = start &+ 1
        while true {
            index = scan_plain_end(bytes, index, count)
            guard index < count else { return -1 }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { return index &+ 1 }
            if byte == UInt8(ascii: "\\"), isLineEnd(index) {
                index &+= 4
                continue
            }
            let length = byte == UInt8(ascii: "\\") ? escapeLength(index) : characterLength(index)
            guard length > 0 else { return -1 }
            index &+= length
        }
    }

    /// Whether the escapes of a carriage return and a line feed stand at `index`: what ends the lines of every session
    /// description.
    @inlinable @inline(__always)
    func isLineEnd(_ index: Int) -> Bool {
        guard index &+ 4 <= count else { return false }
        let escapes = UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt32.self)
        return UInt32(littleEndian: escapes) == 0x6E5C_725C
    }

    /// The length of the escape sequence at `index`; 0 if it is not valid.
    @usableFromInline
    func escapeLength(_ index: Int) -> Int {
        guard index + 1 < count else { return 0 }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard index + 5 < count else { return 0 }
            for offset in 2...5 where Self.hexValue(bytes[index + offset]) == nil { return 0 }
            return 6
        default:
            return 0
        }
    }

    /// The length of the UTF-8 character at `index`; 0 when it is malformed or a control character.
    @usableFromInline
    func characterLength(_ index: Int) -> Int {
        let lead = bytes[index]
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        let length: Int
        switch lead {
        case 0x20...0x7F: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if lead == 0xE0 { lowest = 0xA0 }
            if lead == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            length = 4
            if lead == 0xF0 { lowest = 0x90 }
            if lead == 0xF4 { highest = 0x8F }
        default: return 0
        }
        guard index + length <= count, bytes[index + 1] >= lowest, bytes[index + 1] <= highest else {
            return 0
        }
        for offset in 2..<max(2, length) where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }

    static func hexValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension JSONScanner {
    /// The text of a scanned string, `inner` being the range between its quotes; nil when it holds an escaped
    /// lone surrogate, which is no text.
    package func decodeString(_ inner: Range<Int>) -> String? {
        let raw = UnsafeBufferPointer(start: bytes + inner.lowerBound, count: inner.count)
        guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
        var units: [UInt16] = []
        units.reserveCapacity(raw.count)
        var index = inner.lowerBound
        while index < inner.upperBound {
            let start = index
            while index < inner.upperBound, bytes[index] != UInt8(ascii: "\\") { index += 1 }
            let plain = UnsafeBufferPointer(start: bytes + start, count: index - start)
            units.append(contentsOf: String(decoding: plain, as: UTF8.self).utf16)
            guard index < inner.upperBound else { break }
            units.append(escapedUnit(index))
            index += bytes[index + 1] == UInt8(ascii: "u") ? 6 : 2
        }
        return String(validating: units, as: UTF16.self)
    }

    /// The UTF-16 code unit that the escape sequence at `index` stands for; it must have been scanned.
    private func escapedUnit(_ index: Int) -> UInt16 {
        switch bytes[index + 1] {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            return (2...5).reduce(0) { $0 << 4 | (Self.hexValue(bytes[index + $1]) ?? 0) }
        default: return UInt16(bytes[index + 1])
        }
    }

    /// Whether the string between the quotes of `inner` is `text`, escaped or not.
    @inlinable @inline(__always)
    package func string(_ inner: Range<Int>, equals text: StaticString) -> Bool {
        if inner.count == text.utf8CodeUnitCount {
            return Self.areEqual(
                UnsafeRawPointer(bytes + inner.lowerBound), UnsafeRawPointer(text.utf8Start), inner.count)
        }
        return inner.count > text.utf8CodeUnitCount && escapedString(inner, equals: text)
    }

    /// Eight bytes at a time, the last of which may overlap those before; fewer than eight one by one.
    @inlinable @inline(__always)
    static func areEqual(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int) -> Bool {
        func areEqual<Word: FixedWidthInteger & BitwiseCopyable>(at index: Int, as word: Word.Type) -> Bool {
            (one + index).loadUnaligned(as: word) == (other + index).loadUnaligned(as: word)
        }
        var index = 0
        if count < 8 {
            while index < count, areEqual(at: index, as: UInt8.self) { index &+= 1 }
            return index == count
        }
        while index < count &- 8 {
            guard areEqual(at: index, as: UInt64.self) else { return false }
            index &+= 8
        }
        return areEqual(at: count &- 8, as: UInt64.self)
    }

    @usableFromInline @inline(never)
    func escapedString(_ inner: Range<Int>, equals text: StaticString) -> Bool {
        guard inner.count <= text.utf8CodeUnitCount * 6, hasEscape(inner) else { return false }
        return decodeString(inner) == text.description
    }

    /// Whether the string between the quotes of `inner` has an escape sequence in it.
    package func hasEscape(_ inner: Range<Int>) -> Bool {
        var index = inner.lowerBound
        while true {
            index = scan_plain_end(bytes, index, inner.upperBound)
            guard index < inner.upperBound else { return false }
            if bytes[index] == UInt8(ascii: "\\") { return true }
            index &+= 1
        }
    }
}
