import Addresses
import STUN
import TURN
import Timing

/// One request as a client means it: what the model judges, and the bytes that the server gets.
struct Ask {
    enum Signature { case none, right }

    var client = 0
    var user = User.alice
    var method = STUN.Method.allocate
    var transaction = TransactionID(high: 0, low: 0)
    var signature = Signature.right
    var integrity = MessageIntegrity.sha1
    /// PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM, or one of them.
    var echoesOffer = false
    var namesAlgorithm = false
    var hidesName = false
    var fingerprint = false
    var padding = 0

    // Allocate and Refresh
    var transport: UInt8? = 17
    var lifetime: UInt32?
    var family: UInt8?
    var additionalFamily: UInt8?
    var oldAdditionalFamily = false
    var evenPort: Bool?
    var token: UInt64?
    var dontFragment = false
    // CreatePermission and ChannelBind
    var peers: [TransportAddress] = []
    var channel: UInt16?
    /// An attribute that nobody knows.
    var unknown: UInt16?

    // What the client held when it sent this.
    var nonce: [UInt8] = []
    var nonceTime = UnixTime(seconds: 0)
    var features: NonceCookie.Features?

    /// Ports that an Allocate draws from one family.
    var portCount: Int { evenPort == true ? 2 : 1 }

    /// The algorithm of the key: SHA-256 where the server offered it and the client says that it took it.
    var algorithm: PasswordAlgorithm {
        features?.contains(.passwordAlgorithms) == true && echoesOffer && namesAlgorithm ? .sha256 : .md5
    }

    var key: LongTermKey {
        LongTermKey(username: user.name, realm: "switchboard", password: user.password, algorithm: algorithm)
    }

    var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.begin(.request, method, transaction)
        writeWish(&writer)
        if let unknown { writer.add(AttributeType(rawValue: unknown), bytes: [1, 2, 3] as [UInt8]) }
        if padding > 0 { writer.add(.software, bytes: [UInt8](repeating: 0x20, count: padding)) }
        if signature == .right { sign(&writer) }
        if fingerprint { writer.addFingerprint() }
        return Array(writer.buffer)
    }

    private func writeWish(_ writer: inout MessageWriter) {
        if method == .allocate, let transport { writer.add(requestedTransport: transport) }
        if let lifetime { writer.add(.lifetime, lifetime) }
        if let family { writer.add(.requestedAddressFamily, UInt32(family) << 24) }
        if let additionalFamily {
            let type: AttributeType =
                oldAdditionalFamily ? .additionalAddressFamilyOfOldCoturn : .additionalAddressFamily
            writer.add(type, UInt32(additionalFamily) << 24)
        }
        if let evenPort { writer.add(evenPortReservingNext: evenPort) }
        if let token { writer.add(.reservationToken, token) }
        if dontFragment { writer.add(.dontFragment) }
        if let channel { writer.add(channelNumber: channel) }
        for peer in peers { writer.add(.xorPeerAddress, xor: peer) }
    }

    func sign(_ writer: inout MessageWriter) {
        if hidesName {
            writer.add(UserHash(username: user.name, realm: "switchboard"))
        } else {
            writer.add(.username, user.name)
        }
        writer.add(.realm, "switchboard")
        writer.add(.nonce, bytes: nonce)
        if echoesOffer { writer.add(.passwordAlgorithms, PasswordAlgorithms.offered) }
        if namesAlgorithm { writer.add(algorithm) }
        writer.addIntegrity(integrity, key)
    }
}
