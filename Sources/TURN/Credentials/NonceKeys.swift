import Addresses
import BigEndian
internal import Crypto
import STUN
import Timing

/// Nonces without state (RFC 8489 §9.2): 16 characters of the time and an HMAC of time, client address and announced
/// features.
///
/// All loops share the keys, and the keys derive from the configured secrets and users, so that a nonce verifies on
/// another loop, after a restart and on another machine with the same configuration: Chromium does not forgive a 438
/// on Allocate. The features are part of the HMAC. Otherwise an attacker on the path could cut off the cookie and
/// make the client take the server for an old one (§9.2.1).
package struct NonceKeys: Sendable {
    /// The verdict on a client's nonce. All but a valid one are answered 438.
    enum Verdict: Equatable, Sendable {
        case valid
        /// Made by this server for this client, and expired for no longer than the grace time. A client with an
        /// allocation gets here with its next request.
        case stale
        /// Never made for this client, or expired long ago.
        case foreign
    }

    /// Characters of what the server mints, without the cookie.
    package static let payloadByteCount = 16
    /// How far ahead of our clock a nonce's time may be: several machines may mint.
    private static let skewSeconds: UInt64 = 60

    private let keys: [NonceKey]
    private let lifetimeSeconds: UInt64
    private let graceSeconds: UInt64

    /// Keys from what is configured: the first mints, all verify. With nothing configured the key is random.
    /// Nonces live for `lifetimeSeconds`, 0 for ever, and are known as ours for `graceSeconds` more.
    init(
        secrets: [SharedSecret], users: [StaticUser], lifetimeSeconds: UInt64, graceSeconds: UInt64
    ) {
        var materials = secrets.map(\.bytes)
        // Users' passwords are in clients' hands: who has one could make nonces in any address's name.
        if materials.isEmpty, !users.isEmpty {
            let text = users.map { "\($0.name):\($0.password)" }.sorted().joined(separator: "\n")
            materials.append(Array(text.utf8))
        }
        keys =
            materials.isEmpty
            ? [NonceKey(SymmetricKey(size: .bits256))]
            : materials.map { material in
                NonceKey(
                    HKDF<SHA256>.deriveKey(
                        inputKeyMaterial: SymmetricKey(data: material), info: Array("switchboard nonce".utf8),
                        outputByteCount: 32))
            }
        self.lifetimeSeconds = lifetimeSeconds
        self.graceSeconds = graceSeconds
    }

    /// The 16 characters for a client at a time, to follow a cookie with these features, or none.
    func mint(_ ip: IPAddress, features: NonceCookie.Features?, at now: UnixTime) -> [UInt8] {
        let time = UInt32(truncatingIfNeeded: now.seconds)
        return Base64.encodeURLSafe(high: time, low: code(keys[0], time, ip, features))
    }

    /// Judges a nonce, cookie included, that a client sent back.
    func verify(
        _ bytes: RawSpan, _ nonce: Range<Int>, _ ip: IPAddress, features: NonceCookie.Features?,
        at now: UnixTime
    ) -> Verdict {
        let cookie = features == nil ? 0 : NonceCookie.byteCount
        guard nonce.count == cookie + Self.payloadByteCount else { return .foreign }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for offset in nonce.dropFirst(cookie) {
            guard let value = Base64.urlSafeValue(bytes.uint8(at: offset)) else { return .foreign }
            high = high << 6 | low >> 58
            low = low << 6 | UInt64(value)
        }
        let time = UInt32(truncatingIfNeeded: high)
        var isOurs = false
        for key in keys { isOurs = (code(key, time, ip, features) ^ low) == 0 || isOurs }
        return isOurs ? verdictOnAge(time, now) : .foreign
    }

    private func verdictOnAge(_ time: UInt32, _ now: UnixTime) -> Verdict {
        guard lifetimeSeconds > 0 else { return .valid }
        let now = UInt64(UInt32(truncatingIfNeeded: now.seconds))
        let time = UInt64(time)
        guard time <= now + Self.skewSeconds else { return .foreign }
        if now < time + lifetimeSeconds { return .valid }
        return now < time + lifetimeSeconds + graceSeconds ? .stale : .foreign
    }

    private func code(
        _ key: NonceKey, _ time: UInt32, _ ip: IPAddress, _ features: NonceCookie.Features?
    ) -> UInt64 {
        let announced = UInt64(features?.rawValue ?? .max)
        return key.code((ip.high, ip.low, UInt64(time) << 32 | announced, UInt64(ip.family.rawValue)))
    }
}
