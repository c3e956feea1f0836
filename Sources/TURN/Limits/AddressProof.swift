/// What a request proves about the address that it comes from. Limits count each kind by itself: what anybody can send
/// in the name of an address must not use up what its owner alone can send.
enum AddressProof: BitwiseCopyable, Sendable {
    /// A datagram. Anybody can send one in the name of any address.
    case nothing
    /// A datagram with a nonce that this server made for the address: somebody there has read an answer.
    case nonce
    /// A stream. TCP's handshake has gone there and back.
    case handshake
}
