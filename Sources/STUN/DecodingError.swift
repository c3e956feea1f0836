/// Why bytes are not a message that can be read. The sender is answered 400 at most.
package enum DecodingError: Error, Equatable, Sendable {
    /// The first 20 bytes are not the header of a message of this size.
    case header
    /// An attribute reaches beyond the message.
    case attributeBeyondEnd
    /// More than ``MessageIndex/maxAttributes``.
    case tooManyAttributes
    /// An attribute whose value cannot be one of its type.
    case malformed(AttributeType)
}
