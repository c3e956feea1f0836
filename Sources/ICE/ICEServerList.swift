import JSON
package import Signaling
package import TURN
package import Timing

/// The ICE servers that members of rooms are given. Only the credential differs between members. The rest is kept
/// as JSON, so that one list costs little more than one HMAC.
package struct ICEServerList: Sendable {
    /// Where the credential comes from.
    package enum Access: Sendable {
        /// Made for each member with a secret that the TURN server shares.
        case timeLimited(SharedSecret, lifetimeSeconds: UInt64)
        /// The same credential for all members, for a TURN server that only knows static users.
        case fixed(username: String, credential: String)
    }

    private struct TimeLimited: Sendable {
        let secret: SharedSecret
        let lifetimeSeconds: UInt64
        let tags: CredentialTags
        /// The JSON before the username, between it and the credential, and behind that.
        let opening: [UInt8]
        let middle: [UInt8]
        let closing: [UInt8]
    }

    /// The whole list, if it is the same for all members.
    private let fixed: ICEServers?
    private let timeLimited: TimeLimited?

    /// - Parameters:
    ///   - urls: the URLs of the TURN server and of STUN on it; empty if there is none.
    ///   - extra: other servers.
    package init(urls: [ICEURL], access: Access, extra: ExtraICEServers) {
        let open = urls.filter { !$0.needsCredential }
        let closed = urls.filter(\.needsCredential)
        let before: [JSONObjectWriter] =
            open.isEmpty ? [] : [.iceServer(open, username: nil, credential: nil)]
        switch access {
        case .timeLimited(let secret, let lifetimeSeconds) where !closed.isEmpty:
            // The object of these URLs is left open: a member's username and credential end it.
            let entry = JSONObjectWriter.iceServer(closed, username: nil, credential: nil)
            var opening = Array(JSONObjectWriter.array(before + [entry]).dropLast("}]".utf8.count))
            JSONText.append(#","username":"#, to: &opening)
            var closing = Array("}".utf8)
            for server in extra.servers { closing += Array(",".utf8) + server.text }
            closing += Array("]".utf8)
            fixed = nil
            timeLimited = TimeLimited(
                secret: secret, lifetimeSeconds: lifetimeSeconds, tags: CredentialTags(secret),
                opening: opening, middle: Array(#","credential":"#.utf8), closing: closing)
        case .fixed(let username, let credential) where !closed.isEmpty:
            let entry = JSONObjectWriter.iceServer(closed, username: username, credential: credential)
            fixed = ICEServers(json: JSONObjectWriter.array(before + [entry] + extra.servers), expires: nil)
            timeLimited = nil
        case .timeLimited, .fixed:
            let servers = before + extra.servers
            fixed = servers.isEmpty ? nil : ICEServers(json: JSONObjectWriter.array(servers), expires: nil)
            timeLimited = nil
        }
    }

    /// The list for one member of a room, with a credential that it can use until some time after `now`; nil when
    /// there are no servers.
    package func servers(room: String, member: String, now: UnixTime) -> ICEServers? {
        guard let timeLimited else { return fixed }
        let expires = now.seconds &+ timeLimited.lifetimeSeconds
        let credential = TimeLimitedCredential.mint(
            timeLimited.secret, id: timeLimited.tags.credentialID(roomID: room, member: member),
            lifetimeSeconds: timeLimited.lifetimeSeconds, now: now)
        var json = timeLimited.opening
        json.reserveCapacity(json.count + timeLimited.middle.count + timeLimited.closing.count + 128)
        // Both are digits, letters and +/=:. only: nothing that JSON escapes.
        json.appendQuoted(credential.username)
        json += timeLimited.middle
        json.appendQuoted(credential.credential)
        json += timeLimited.closing
        return ICEServers(json: json, expires: expires)
    }
}

extension [UInt8] {
    fileprivate mutating func appendQuoted(_ text: String) {
        append(UInt8(ascii: "\""))
        append(contentsOf: text.utf8)
        append(UInt8(ascii: "\""))
    }
}
