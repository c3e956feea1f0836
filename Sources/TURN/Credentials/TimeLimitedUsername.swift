import Timing

/// A username that contains its expiry, in one of the forms that applications make and coturn 4.6.1 takes:
/// `<expiry>`, `<expiry>:`, `<expiry>:<id>` and `<id>:<expiry>`, with the time in seconds since 1970.
///
/// Only the first colon counts. What stands before it is the time if it is digits alone, and the id otherwise; so in
/// `123:456` the time is 123. A time is 1 to 20 digits and nothing else, where coturn takes what `atol` makes of it.
struct TimeLimitedUsername: Equatable, Sendable {
    let expiry: UnixTime
    /// The id of the user; nil if the name contains only the time.
    let id: Substring?
    /// The whole name.
    private let name: String

    /// Nil if there is no time where there should be one.
    init?(_ username: String) {
        // By bytes: a colon with a combining mark behind it is no Character of its own.
        let colon = username.utf8.firstIndex(of: UInt8(ascii: ":"))
        let before = username[..<(colon ?? username.endIndex)]
        let behind = colon.map { username[username.utf8.index(after: $0)...] } ?? ""
        let hasTimeFirst = colon == nil || (!before.isEmpty && before.utf8.allSatisfy(Self.isDigit))
        let (time, id) = hasTimeFirst ? (before, behind) : (behind, before)
        guard let seconds = Self.seconds(time) else { return nil }
        expiry = UnixTime(seconds: seconds)
        self.id = id.isEmpty ? nil : id
        name = username
    }

    /// The user that quotas count. This is the id, so that a new expiry gains nothing. Without an id it is the name
    /// itself, because nothing else tells one user from another.
    var user: UserID { id.map { UserID("id", String($0)) } ?? UserID("name", name) }

    /// The room that the credential was handed out in, if this server made it.
    var room: RoomTag? { id.flatMap { RoomTag(credentialID: $0) } }

    private static func seconds(_ digits: Substring) -> UInt64? {
        guard (1...20).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit) else { return nil }
        return UInt64(digits)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
