import Foundation
import JSON
import OperatorText

/// STUN and TURN servers of others that clients are told of as they are.
package struct ExtraICEServers: Sendable {
    /// Why a text is no list of servers: which element, and which of its members, but never their values.
    struct Refusal: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// How many there may be, and URLs of each; browsers slow down beyond a handful.
    fileprivate static let maxServers = 16
    /// What providers put their servers into: Cloudflare and Metered, Twilio.
    private static let wrappers = ["iceServers", "ice_servers"]

    package static let none = ExtraICEServers(servers: [])

    /// RTCIceServer objects, ready to be put into an array.
    let servers: [JSONObjectWriter]

    /// Bytes of them in a message.
    package var byteCount: Int { servers.reduce(0) { $0 + $1.text.count + 1 } }

    private init(servers: [JSONObjectWriter]) {
        self.servers = servers
    }

    /// The same as ``init(reading:)`` for callers that do not need the reason for a refusal.
    package init?(_ text: String) {
        guard let read = try? ExtraICEServers(reading: text) else { return nil }
        self = read
    }

    /// Reads `stun:` URLs with commas between them, or JSON: an array of RTCIceServer objects, one of them, or either
    /// as the `iceServers` of an object, which is what providers answer. TURN servers need a username and a
    /// credential, and so JSON.
    init(reading text: String) throws(Refusal) {
        let text = text.withoutByteOrderMark.trimmingSpaces
        let elements: [Any] =
            text.hasPrefix("[") || text.hasPrefix("{")
            ? try Self.elements(json: text)
            : CommaList.elements(of: text).map { ["urls": $0.trimmingSpaces] as [String: Any] }
        guard elements.count <= Self.maxServers else {
            throw Refusal(description: "there are more than \(Self.maxServers) elements")
        }
        var servers: [JSONObjectWriter] = []
        for (index, element) in elements.enumerated() {
            do throws(Refusal) {
                servers.append(try Description(element).server())
            } catch {
                throw Refusal(description: "element \(index + 1): \(error)")
            }
        }
        self.servers = servers
    }

    /// Why this text is refused; nil if it is not.
    package static func reason(_ text: String) -> String? {
        do throws(Refusal) {
            _ = try ExtraICEServers(reading: text)
            return nil
        } catch {
            return error.description
        }
    }

    private static func elements(json text: String) throws(Refusal) -> [Any] {
        guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else {
            throw Refusal(description: "it is no JSON")
        }
        // Some providers put a value of their own around all of it.
        let outer = value as? [String: Any]
        let object = outer?["v"] as? [String: Any] ?? outer
        let wrapped = wrappers.lazy.compactMap { object?[$0] }.first
        switch wrapped ?? value {
        case let list as [Any]: return list
        case let server as [String: Any]: return [server]
        default: throw Refusal(description: "iceServers is neither an array nor an object")
        }
    }
}

/// One server as an operator or a provider describes it.
private struct Description {
    private let urls: [ICEURL]
    private let username: String?
    private let credential: String?

    /// Reads an RTCIceServer. `urls` may be one text, and is `url` where there is no `urls`.
    init(_ element: Any) throws(ExtraICEServers.Refusal) {
        guard let members = element as? [String: Any] else { throw .init(description: "it is no object") }
        func isGiven(_ name: String) -> Bool { members[name].map { !($0 is NSNull) } ?? false }
        let name = !isGiven("urls") && isGiven("url") ? "url" : "urls"
        guard isGiven(name), let value = members[name] else { throw .init(description: "urls is missing") }
        guard let texts = (value as? String).map({ [$0] }) ?? value as? [String] else {
            throw .init(description: "\(name) is neither a text nor an array of texts")
        }
        guard (1...ExtraICEServers.maxServers).contains(texts.count) else {
            throw .init(description: "\(name) has not 1 to \(ExtraICEServers.maxServers) URLs")
        }
        var urls: [ICEURL] = []
        for (index, text) in texts.enumerated() {
            guard let url = ICEURL(text) else {
                throw .init(
                    description: "\(name), URL \(index + 1), is none of stun:, stuns:, turn: or turns:")
            }
            urls.append(url)
        }
        self.urls = urls
        username = try Self.text("username", of: members)
        credential = try Self.text("credential", of: members)
    }

    private static func text(
        _ name: String, of members: [String: Any]
    ) throws(ExtraICEServers.Refusal) -> String? {
        switch members[name] {
        case nil, is NSNull: return nil
        case let text as String: return text.isEmpty ? nil : text
        default: throw .init(description: "\(name) is no text")
        }
    }

    /// Refused if a TURN server lacks a username or credential: browsers refuse such a list as a whole.
    func server() throws(ExtraICEServers.Refusal) -> JSONObjectWriter {
        if urls.contains(where: \.needsCredential) {
            for (name, value) in [("username", username), ("credential", credential)] where value == nil {
                throw .init(description: "\(name) is missing, and a TURN server needs it")
            }
        }
        let isComplete = username != nil && credential != nil
        return .iceServer(
            urls, username: isComplete ? username : nil, credential: isComplete ? credential : nil)
    }
}

extension JSONObjectWriter {
    /// An RTCIceServer.
    static func iceServer(_ urls: [ICEURL], username: String?, credential: String?) -> JSONObjectWriter {
        var server = JSONObjectWriter()
        server.add("urls", urls.map(\.text))
        if let username { server.add("username", username) }
        if let credential { server.add("credential", credential) }
        return server
    }
}
