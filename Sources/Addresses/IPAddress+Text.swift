/// Addresses as people write them.
extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
    /// Reads `192.0.2.1`, each part without leading zeros, or `2001:db8::1` (RFC 4291 §2.2), an IPv4 tail included;
    /// nothing for anything else, zones, brackets and spaces among them.
    @usableFromInline
    package init?(_ text: String) {
        let characters = Array(text.utf8)
        // The longest is eight groups of four digits, or six and an IPv4 tail: 45 characters.
        guard characters.count <= 45 else { return nil }
        if characters.contains(UInt8(ascii: ":")) {
            self.init(parsingIPv6: characters[...])
        } else {
            guard let bits = Self.parseIPv4(characters[...]) else { return nil }
            self.init(v4: bits)
        }
    }

    /// The shortest form in lower case (RFC 5952), without brackets.
    @usableFromInline
    package var description: String {
        guard family == .ipv6 else {
            return (0..<4).map { String(v4Bits >> UInt32(24 - 8 * $0) & 0xFF) }.joined(separator: ".")
        }
        if high == 0, low >> 32 == 0xFFFF {
            return "::ffff:\(IPAddress(v4: UInt32(truncatingIfNeeded: low)))"
        }
        let groups = self.groups
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard let zeros = Self.longestZeros(groups) else { return text(0..<8) }
        return text(0..<zeros.lowerBound) + "::" + text(zeros.upperBound..<8)
    }

    /// The eight groups of an IPv6 address.
    private var groups: [UInt16] {
        [high, high, high, high, low, low, low, low].enumerated().map { position, half in
            UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (position % 4)))
        }
    }

    /// The first of the longest runs of at least two groups that are zero.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<1
        var start = 0
        for end in 0...groups.count where end == groups.count || groups[end] != 0 {
            if end - start > longest.count { longest = start..<end }
            start = end + 1
        }
        return longest.count >= 2 ? longest : nil
    }

    private static func parseIPv4(_ characters: ArraySlice<UInt8>) -> UInt32? {
        let parts = characters.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else {
                return nil
            }
            var number: UInt32 = 0
            for character in part {
                guard let digit = hexadecimalValue(character), digit < 10 else { return nil }
                number = number * 10 + UInt32(digit)
            }
            guard number <= 255 else { return nil }
            bits = bits << 8 | number
        }
        return bits
    }

    private init?(parsingIPv6 characters: ArraySlice<UInt8>) {
        let colon = UInt8(ascii: ":")
        let gap = characters.indices.dropLast().first {
            characters[$0] == colon && characters[$0 + 1] == colon
        }
        var groups: [UInt16]
        if let gap {
            guard var head = Self.parseGroups(characters[..<gap], mayEndInIPv4: false),
                let tail = Self.parseGroups(characters[(gap + 2)...], mayEndInIPv4: true),
                head.count + tail.count <= 7
            else { return nil }
            head += Array(repeating: 0, count: 8 - head.count - tail.count)
            groups = head + tail
        } else {
            guard let all = Self.parseGroups(characters, mayEndInIPv4: true), all.count == 8 else {
                return nil
            }
            groups = all
        }
        func half(_ range: Range<Int>) -> UInt64 { groups[range].reduce(0) { $0 << 16 | UInt64($1) } }
        self.init(v6High: half(0..<4), low: half(4..<8))
    }

    private static func parseGroups(_ characters: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !characters.isEmpty else { return [] }
        let parts = characters.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (position, part) in parts.enumerated() {
            if mayEndInIPv4, position == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let bits = parseIPv4(part) else { return nil }
                groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var group: UInt16 = 0
            for character in part {
                guard let digit = hexadecimalValue(character) else { return nil }
                group = group << 4 | UInt16(digit)
            }
            groups.append(group)
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func hexadecimalValue(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
