import Addresses
import Timing

/// The limits of unsigned answers, one for each kind of proof, each with its own table. Forged datagrams therefore
/// neither use up the share of the address's own clients nor take their places in the table.
///
/// All have the same rate. They bound how much an address is sent (`nothing`), and how fast a client there can
/// guess passwords (all of them).
struct AnswerLimits: ~Copyable {
    private var forgeable: AnswerLimit
    private var withNonce: AnswerLimit
    private var streams: AnswerLimit

    /// `perSecond` answers an address and a kind of proof in the long run, `burst` at once; 0 a second is no limit.
    init(perSecond: Int, burst: Int) {
        forgeable = AnswerLimit(perSecond: perSecond, burst: burst)
        withNonce = AnswerLimit(perSecond: perSecond, burst: burst)
        streams = AnswerLimit(perSecond: perSecond, burst: burst)
    }

    /// Whether an address may have one more answer now; if so it is counted.
    mutating func admits(
        _ ip: IPAddress, _ proof: AddressProof, _ hash: AddressHash, at now: MonotonicTime
    ) -> Bool {
        switch proof {
        case .nothing: forgeable.admits(ip, hash, at: now)
        case .nonce: withNonce.admits(ip, hash, at: now)
        case .handshake: streams.admits(ip, hash, at: now)
        }
    }
}
