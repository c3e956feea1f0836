/// UTF-8 as the standard library judges it: the measure for the validators of our own.
enum ReferenceUTF8 {
    static func isValid(_ bytes: some Sequence<UInt8>) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    /// Whether more bytes could make these valid.
    static func isPrefix(_ bytes: [UInt8]) -> Bool {
        if isValid(bytes) { return true }
        // A lead byte says how many continuation bytes follow, and narrows at most the first of them.
        let firsts: [UInt8] = [0x80, 0x90, 0xA0]
        return firsts.contains { first in
            isValid(bytes + [first]) || isValid(bytes + [first, 0x80])
                || isValid(bytes + [first, 0x80, 0x80])
        }
    }
}
