/// The short code that names an invitation (`joinid` on the wire), 1 to 128 Unicode scalars.
///
/// It is a secret for as long as it lives, so printing one shows nothing of it.
package struct JoinCode: BoundedText, CustomStringConvertible {
    /// 128 Unicode scalars.
    package static let maximumLength = 128

    /// The code as the client sent it. Never log it.
    package let rawValue: String

    /// Takes a code that has been checked already, or that a store holds.
    package init(stored text: String) { rawValue = text }

    /// A placeholder, so that a code cannot slip into a log.
    package var description: String { "<join code>" }
}
