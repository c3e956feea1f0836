internal import Crypto

/// A room as usernames name it. They travel in clear, so it is not the room's id but a keyed hash of it.
package struct RoomTag: Hashable, BitwiseCopyable, Sendable {
    package let bits: UInt64

    package init(bits: UInt64) { self.bits = bits }

    /// The tag in a credential's id, `<room tag>.<member tag>`; nothing for ids of another form.
    init?(credentialID id: some StringProtocol) {
        guard let dot = id.firstIndex(of: "."), let bits = Hexadecimal.value(id[..<dot]) else { return nil }
        self.bits = bits
    }
}

/// Makes the ids of credentials from rooms and members, the same at every start with the same secret.
package struct CredentialTags: Sendable {
    private let key: SymmetricKey

    /// Tags under a key that derives from a secret.
    package init(_ secret: SharedSecret) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret.bytes),
            info: Array("switchboard credential tags".utf8),
            outputByteCount: 32)
    }

    /// The tag of a room.
    package func room(_ roomID: String) -> RoomTag { RoomTag(bits: tag("room", [roomID])) }

    /// The id for a member of a room: 33 characters, 16 hexadecimal digits each for room and member.
    package func credentialID(roomID: String, member: String) -> String {
        Hexadecimal.digits(room(roomID).bits) + "." + Hexadecimal.digits(tag("member", [roomID, member]))
    }

    private func tag(_ kind: String, _ parts: [String]) -> UInt64 {
        var code = HMAC<SHA256>(key: key)
        for part in [kind] + parts {
            // Lengths keep ("a", "bc") and ("ab", "c") apart.
            withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { code.update(data: $0) }
            code.update(data: Array(part.utf8))
        }
        return code.finalize().withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }
}
