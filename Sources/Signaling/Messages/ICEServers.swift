package import JSON

/// The ICE servers of one member of a room, as text that is spliced into messages.
@usableFromInline
package struct ICEServers: Equatable, Sendable {
    /// A JSON array in the shape of RTCConfiguration's `iceServers`: objects with `urls`, and with `username` and
    /// `credential` if the server requires them. Its maker is responsible for its syntax.
    package let json: [UInt8]
    /// When the credentials among them end, in seconds since 1970; nil when none do.
    package let expires: UInt64?

    package init(json: [UInt8], expires: UInt64?) {
        self.json = json
        self.expires = expires
    }

    /// Appends `,"iceServers":[…],"iceServersExpire":…`, the latter only where something expires.
    package func appendMembers(to bytes: inout [UInt8]) {
        JSONText.append(#","iceServers":"#, to: &bytes)
        bytes.append(contentsOf: json)
        guard let expires else { return }
        JSONText.append(#","iceServersExpire":"#, to: &bytes)
        bytes.append(contentsOf: String(expires).utf8)
    }
}

extension JSONObjectWriter {
    /// Adds `iceServers`, and `iceServersExpire` where something expires.
    package mutating func add(_ servers: ICEServers) {
        add("iceServers", json: servers.json)
        if let expires = servers.expires { add("iceServersExpire", Int(clamping: expires)) }
    }
}
