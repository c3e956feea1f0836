import Signaling

/// What a client sends.
enum Input {
    case text([UInt8])
    case binary([UInt8])
    case ping
    case pong
    case close(UInt16?)
    case violation(SessionEnd)

    static func json(_ text: String) -> Input { .text(Array(text.utf8)) }

    var byteCount: Int {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes.count + 6
        case .ping, .pong, .close, .violation: 6
        }
    }
}

/// What a client gets, in words for transcripts.
struct Output {
    let words: String
    let byteCount: Int

    static let ping = Output(words: "ping", byteCount: 0)
    static let pongFrame = Output(words: "pong frame", byteCount: 0)

    static func close(_ code: UInt16?) -> Output {
        Output(words: "close \(code.map { "\($0)" } ?? "-")", byteCount: code == nil ? 0 : 2)
    }

    init(words: String, byteCount: Int) {
        self.words = words
        self.byteCount = byteCount
    }

    init(_ message: ServerMessage) {
        var bytes: [UInt8] = []
        message.append(to: &bytes)
        byteCount = bytes.count
        switch message {
        case .connected: words = "connected"
        case .roomJoined(let room, let peers, let isInitiator, let iceServers):
            words =
                "room_joined \(room.text) \(peers)" + (isInitiator ? " initiator" : "")
                + (iceServers == nil ? "" : " ice")
        case .roomReady(let room, let isInitiator):
            words = "room_ready \(room.text)" + (isInitiator ? " initiator" : "")
        case .peerLeft: words = "peer_left"
        case .peerDisconnected: words = "peer_disconnected"
        case .leftRoom(let room): words = "left_room \(room?.text ?? "-")"
        case .roomFull(let room): words = "room_full \(room.text)"
        case .pong: words = "pong"
        case .error(let error): words = "error \(error.rawValue)"
        }
    }

    /// A forwarded message, read back from its JSON.
    init(forwarded bytes: [UInt8], _ stage: Stage) {
        byteCount = bytes.count
        let json = String(decoding: bytes, as: UTF8.self)
        func value(_ name: String) -> String? {
            json.components(behind: "\"\(name)\":\"").map { String($0.prefix { $0 != "\"" }) }
        }
        let sender = stage.clients.first { $0.id.text == value("from") }?.name ?? "?"
        let label = value("sdp") ?? value("candidate") ?? value("n") ?? "null"
        words = "\(value("type") ?? "?") \(label) from \(sender) in \(value("roomId") ?? "?")"
    }
}

extension String {
    /// What follows the last occurrence of a text.
    fileprivate func components(behind text: String) -> Substring? {
        var found: Substring?
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            rest = rest[range.upperBound...]
            found = rest
        }
        return found
    }
}
