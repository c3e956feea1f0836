/// A secret that the relay shares with the issuer of its credentials (`static-auth-secret`). Never printed.
package struct SharedSecret: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    /// A secret as it is written in configuration.
    package init(_ text: String) { bytes = Array(text.utf8) }

    /// 32 random bytes, written as 64 hexadecimal digits so that it can be copied.
    package static func random(using random: inout SecretRandom) -> SharedSecret {
        SharedSecret((0..<4).map { _ in Hexadecimal.digits(random.next()) }.joined())
    }

    /// Reveals nothing.
    package var description: String { "<secret>" }
}

/// Numbers of 64 bits as 16 lowercase hexadecimal digits.
enum Hexadecimal {
    static func digits(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func value(_ digits: some StringProtocol) -> UInt64? {
        guard digits.utf8.count == 16,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return UInt64(digits, radix: 16)
    }
}
