/// The name a device gives itself (`client1`, `client2`, `deviceId` on the wire), 1 to 256 Unicode scalars.
package struct DeviceID: BoundedText, CustomStringConvertible {
    /// 256 Unicode scalars.
    package static let maximumLength = 256

    /// The name as the client sent it.
    package let rawValue: String

    /// Takes a name that has been checked already, or that a store holds.
    package init(stored text: String) { rawValue = text }

    /// The name as the client sent it.
    package var description: String { rawValue }
}
