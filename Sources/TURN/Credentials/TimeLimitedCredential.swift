internal import Crypto
import STUN
package import Timing

/// Credentials that end by themselves: a username with a time in it (``TimeLimitedUsername``), password base64 of
/// HMAC-SHA1 of the username under a shared secret. coturn's `use-auth-secret` takes the same
/// (draft-uberti-behave-turn-rest-00).
package struct TimeLimitedCredential: Equatable, Sendable {
    package let username: String
    /// The password: `credential` in an ICE server's entry.
    package let credential: String

    /// One that was made elsewhere, or a user's name and password in the place of one.
    package init(username: String, credential: String) {
        self.username = username
        self.credential = credential
    }

    /// The verdict on a credential.
    package enum Verdict: Equatable, Sendable {
        case valid
        case expired
        /// Not of this form, or not made with any of the secrets.
        case wrong
    }

    /// Makes a credential, named `<expiry>:<id>`, that may be used for new allocations until `now + lifetimeSeconds`.
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

    /// The password of a username, of any form, under a secret.
    package static func password(_ username: String, _ secret: SharedSecret) -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Array(username.utf8), using: SymmetricKey(data: secret.bytes))
        return Base64.encode(Array(code))
    }

    private static func equal(_ a: String, _ b: String) -> Bool {
        ConstantTime.equal(a.utf8Span.span.bytes, b.utf8Span.span.bytes)
    }
}
