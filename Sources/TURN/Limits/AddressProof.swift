/// What a request proves about the address that it comes from. Limits count each kind separately: requests that any
/// host can forge in the name of an address must not use up the share of requests that only its owner can send.
enum AddressProof: BitwiseCopyable, Sendable {
    /// A datagram. Any host can send one in the name of any address.
    case nothing
    /// A datagram with a nonce that this server made for the address: a client there has read an answer.
    case nonce
    /// A stream. TCP's handshake has gone there and back.
    case handshake
}
