internal import Crypto
import STUN
import Timing

/// A long-term user from configuration (`user=name:password`).
package struct StaticUser: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    let password: String

    package init(name: String, password: String) {
        self.name = name
        self.password = password
    }

    /// The name alone.
    package var description: String { name }
}

/// All users who may allocate: static users, and users with a credential made with one of the secrets.
struct Credentials: Sendable {
    /// A user as a request names them, with the keys that their message may be signed with.
    struct Claimant: Sendable {
        let name: Username
        let user: UserID
        let keys: [LongTermKey]
        /// When a time-limited credential ends for new allocations.
        let expiry: UnixTime?
        let room: RoomTag?
        /// False for unknown users: no user has the key that they are given.
        let isKnown: Bool
    }

    /// How a request names its user: USERNAME or USERHASH (RFC 8489 §14.3, §14.4).
    enum Name: Sendable {
        case plain(Username)
        case hashed(UserHash)
    }

    private struct Entry: Sendable {
        let user: UserID
        let md5: LongTermKey
        let sha256: LongTermKey
    }

    private let realm: String
    private let entries: [Username: Entry]
    private let namesByHash: [UserHash: Username]
    private let secrets: [SharedSecret]
    private let nobody: (md5: LongTermKey, sha256: LongTermKey)

    /// The features that nonces announce. USERHASH only when every user is known beforehand: a client that may use
    /// it must (RFC 8489 §9.2.5), and a time-limited name cannot be found by its hash.
    let features: NonceCookie.Features

    init(users: [StaticUser], secrets: [SharedSecret], realm: String) {
        self.realm = realm
        self.secrets = secrets
        func key(_ name: String, _ password: String, _ algorithm: PasswordAlgorithm) -> LongTermKey {
            LongTermKey(username: name, realm: realm, password: password, algorithm: algorithm)
        }
        var entries: [Username: Entry] = [:]
        var names: [UserHash: Username] = [:]
        for user in users {
            let name = Username(user.name)
            entries[name] = Entry(
                user: UserID("user", user.name), md5: key(user.name, user.password, .md5),
                sha256: key(user.name, user.password, .sha256))
            names[UserHash(username: user.name, realm: realm)] = name
        }
        self.entries = entries
        namesByHash = names
        var random = SecretRandom()
        let password = SharedSecret.random(using: &random)
        nobody = (
            key("nobody", Base64.encode(password.bytes), .md5),
            key("nobody", Base64.encode(password.bytes), .sha256)
        )
        features =
            secrets.isEmpty && !users.isEmpty
            ? [.passwordAlgorithms, .usernameAnonymity] : [.passwordAlgorithms]
    }

    /// Finds the user that a request claims to be from. Takes the same time for a user who does not exist as for
    /// one who does.
    func claimant(_ name: Name, _ algorithm: PasswordAlgorithm) -> Claimant {
        let plain: Username? =
            switch name {
            case .plain(let name): name
            case .hashed(let hash): namesByHash[hash]
            }
        if let plain, let entry = entries[plain] {
            return Claimant(
                name: plain, user: entry.user, keys: [algorithm == .md5 ? entry.md5 : entry.sha256],
                expiry: nil,
                room: nil, isKnown: true)
        }
        if let plain, !secrets.isEmpty, let parts = TimeLimitedUsername(plain.text) {
            let keys = secrets.map { secret in
                LongTermKey(
                    username: plain.text, realm: realm,
                    password: TimeLimitedCredential.password(plain.text, secret), algorithm: algorithm)
            }
            return Claimant(
                name: plain, user: parts.user, keys: keys, expiry: parts.expiry, room: parts.room,
                isKnown: true)
        }
        return Claimant(
            name: Username(""), user: UserID(bits: 0), keys: [algorithm == .md5 ? nobody.md5 : nobody.sha256],
            expiry: nil,
            room: nil, isKnown: false)
    }
}

extension UserID {
    /// The id of a name of some kind: a static user `7:x` is not the id `x`.
    init(_ kind: String, _ name: String) {
        let hash = SHA256.hash(data: Array("\(kind):\(name)".utf8))
        bits = hash.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }
}
