import Addresses
import STUN
import Timing

/// A request, as every rule needs it.
struct Request {
    let route: ClientRoute
    let index: MessageIndex
    let now: MonotonicTime
    let wallClock: UnixTime
    /// Bytes of the message: they bound the answer to a stranger.
    let byteCount: Int
    /// The verdict on its NONCE; nil without one.
    let nonce: NonceKeys.Verdict?

    var header: MessageHeader { index.header }
    var fiveTuple: FiveTuple { route.fiveTuple }

    /// What is proved about the client's address before any password is checked.
    var proof: AddressProof {
        if fiveTuple.transport.isStream { return .handshake }
        switch nonce {
        case .valid, .stale: return .nonce
        case .foreign, nil: return .nothing
        }
    }
}

/// Why a request is refused: the content of the error response.
struct Refusal: Error {
    let code: ErrorCode
    /// For 420.
    var unknown = UnknownAttributes()

    init(_ code: ErrorCode) { self.code = code }

    init(unknown: UnknownAttributes) {
        code = .unknownAttribute
        self.unknown = unknown
    }
}

/// A client that has proved its identity.
struct Caller: Sendable {
    let name: Username
    let user: UserID
    let key: LongTermKey
    /// How the request was signed, and how the answer will be.
    let integrity: MessageIntegrity
    let expiry: UnixTime?
    let room: RoomTag?
}
