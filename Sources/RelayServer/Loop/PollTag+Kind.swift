import Loops

extension PollTag {
    /// The kind of object that an event of a relay's loop is for.
    enum Kind: UInt8, BitwiseCopyable {
        /// A UDP listener; the index is its number in the loop.
        case listener
        /// A relay socket; the index is its place in `RelaySocketTable`.
        case relay
        /// The loop's mailbox.
        case mailbox
        /// A TCP or TLS listener; the index is `StreamClients`' own.
        case streamListener
        /// A TCP or TLS client; the index is `StreamClients`' own.
        case stream
    }

    /// - Parameter generation: only its low 24 bits count.
    init(_ kind: Kind, index: UInt32, generation: UInt32 = 0) {
        self.init(rawKind: kind.rawValue, index: index, generation: generation)
    }

    @inline(__always)
    var kind: Kind? { Kind(rawValue: rawKind) }
}
