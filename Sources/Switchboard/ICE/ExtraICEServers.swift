import Foundation
import Signaling

/// STUN and TURN servers of others that clients are told of as they are.
struct ExtraICEServers: Sendable {
    /// How many there may be, and URLs of each; browsers slow down beyond a handful.
    private static let maxServers = 16

    static let none = ExtraICEServers(servers: [])

    /// RTCIceServer objects, ready to be put into an array.
    let servers: [JSONObjectWriter]

    private init(servers: [JSONObjectWriter]) {
        self.servers = servers
    }

    /// Reads `stun:` URLs with commas between them, or a JSON array of RTCIceServer objects. TURN servers need
    /// a username and a credential, and so the latter form.
    init?(_ text: String) {
        let described =
            text.trimmingSpaces.hasPrefix("[")
            ? try? JSONDecoder().decode([Description].self, from: Data(text.utf8))
            : SettingList.elements(of: text).map { Description(urls: [$0.trimmingSpaces]) }
        guard let described, described.count <= Self.maxServers else { return nil }
        var servers: [JSONObjectWriter] = []
        for description in described {
            guard let server = description.server(maxURLs: Self.maxServers) else { return nil }
            servers.append(server)
        }
        self.servers = servers
    }
}

/// One server as an operator describes it.
private struct Description: Decodable {
    let urls: [String]
    var username: String?
    var credential: String?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case urls, username, credential
    }

    init(urls: [String]) {
        self.urls = urls
    }

    /// `urls` may be one string, as in RTCIceServer.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        if let url = try? members.decode(String.self, forKey: .urls) {
            urls = [url]
        } else {
            urls = try members.decode([String].self, forKey: .urls)
        }
        username = try members.decodeIfPresent(String.self, forKey: .username)
        credential = try members.decodeIfPresent(String.self, forKey: .credential)
    }

    /// Nil if a URL is none, or if a TURN server lacks what it asks for: browsers refuse such a list as a whole.
    func server(maxURLs: Int) -> JSONObjectWriter? {
        let read = urls.compactMap { ICEURL($0) }
        guard read.count == urls.count, (1...maxURLs).contains(read.count) else { return nil }
        let isComplete = username?.isEmpty == false && credential?.isEmpty == false
        guard isComplete || !read.contains(where: \.needsCredential) else { return nil }
        return .iceServer(
            read, username: isComplete ? username : nil, credential: isComplete ? credential : nil)
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
