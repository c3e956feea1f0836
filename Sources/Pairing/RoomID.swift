/// The name of a paired room (`roomid` on the wire), 1 to 128 Unicode scalars.
///
/// The ids we make are 48 lowercase hexadecimal digits: clients build a UUID from the first 32. A database
/// of the original backend may hold others, so text from outside need not be hexadecimal.
package struct RoomID: BoundedText, LosslessStringConvertible {
    /// 128 Unicode scalars.
    package static let maximumLength = 128

    /// The id as it stands on the wire and in the database.
    package let rawValue: String

    /// Takes an id that has been checked already, or that a store holds.
    package init(stored text: String) { rawValue = text }

    /// The id as it stands on the wire and in the database.
    package var description: String { rawValue }

    /// Draws 192 bits and writes them as 48 lowercase hexadecimal digits.
    ///
    /// - Parameter generator: a cryptographic source in production (`SystemRandomNumberGenerator`); who
    ///   knows a room id may enter the room.
    package static func random(using generator: inout some RandomNumberGenerator) -> RoomID {
        var digits = ""
        digits.reserveCapacity(48)
        for _ in 0..<3 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 60, through: 0, by: -4) {
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF
                digits.unicodeScalars.append(Unicode.Scalar(nibble < 10 ? 0x30 + nibble : 0x57 + nibble))
            }
        }
        return RoomID(stored: digits)
    }
}
