internal import Crypto
import STUN

/// Credentials that end by themselves: username `<expiry>:<id>`, password base64 of HMAC-SHA1 of the username under a
/// shared secret. coturn's `use-auth-secret` takes the same (draft-uberti-behave-turn-rest-00).
package struct TimeLimitedCredential: Equatable, Sendable {
    package let username: String
    /// The password: `credential` in an ICE server's entry.
    package let credential: String

    /// One that was made elsewhere, or a user's name and password in the place of one.
    package init(username: String, credential: String) {
        self.username = username
        self.credential = credential
    }

    /// What became of a credential.
    package enum Verdict: Equatable, Sendable {
        case valid
        case expired
        /// Not of this form, or not made with any of the secrets.
        case wrong
    }

    /// Makes a credential that may be used for new allocations until `now + lifetimeSeconds`.
    package static func mint(
        _ secret: SharedSecret, id: String, lifetimeSeconds: UInt64, now: UnixTime
    ) -> TimeLimitedCredential {
        let (expiry, overflow) = now.seconds.addingReportingOverflow(lifetimeSeconds)
        let username = "\(overflow ? .max : expiry):\(id)"
        return TimeLimitedCredential(username: username, credential: password(username, secret))
    }

    /// Checks a credential against secrets.
    package static func verify(
        username: String, credential: String, secrets: [SharedSecret], now: UnixTime
    ) -> Verdict {
        guard let name = TimeLimitedUsername(username) else { return .wrong }
        var isRight = false
        for secret in secrets { isRight = equal(password(username, secret), credential) || isRight }
        guard isRight else { return .wrong }
        return now < name.expiry ? .valid : .expired
    }

    /// The password of a username under a secret.
    static func password(_ username: String, _ secret: SharedSecret) -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Array(username.utf8), using: SymmetricKey(data: secret.bytes))
        return Base64.encode(Array(code))
    }

    private static func equal(_ a: String, _ b: String) -> Bool {
        ConstantTime.equal(a.utf8Span.span.bytes, b.utf8Span.span.bytes)
    }
}

/// The parts of a time-limited username.
struct TimeLimitedUsername: Equatable, Sendable {
    let expiry: UnixTime
    /// What follows the first colon.
    let id: Substring

    /// Nothing unless the name is digits, a colon and an id.
    init?(_ username: String) {
        guard let colon = username.firstIndex(of: ":") else { return nil }
        let digits = username[..<colon]
        guard (1...20).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = UInt64(digits)
        else { return nil }
        expiry = UnixTime(seconds: seconds)
        id = username[username.index(after: colon)...]
    }

    /// The room the credential was handed out in, if it was by us.
    var room: RoomTag? { RoomTag(credentialID: id) }
}
