import HTTPTypes

/// Every path that the server answers over HTTP, with its methods.
enum Endpoint: String, CaseIterable, Sendable {
    case front = "/"
    case liveRooms = "/rooms"
    case health = "/healthz"
    case readiness = "/readyz"
    case metrics = "/metrics"
    case rooms = "/api/rooms"
    case accept = "/api/rooms/accept"
    case check = "/api/rooms/check"
    case purge = "/api/user/purge"
    case iceServers = "/api/ice-servers"

    /// The endpoint of a request's path. One trailing slash is ignored.
    init?(path: String) {
        let isSlashed = path.utf8.count > 2 && path.utf8.last == UInt8(ascii: "/")
        self.init(rawValue: isSlashed ? String(path.dropLast()) : path)
    }

    /// The methods with a meaning, as `Allow` lists them. OPTIONS is answered everywhere.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .front, .liveRooms, .health, .readiness, .metrics, .iceServers: [.get, .head, .options]
        case .rooms: [.get, .head, .post, .delete, .options]
        case .accept, .check, .purge: [.post, .options]
        }
    }

    /// All methods that have a meaning anywhere, as a header's value.
    static var allowAnywhere: String { Endpoint.rooms.allow }

    /// `methods` as a header's value.
    var allow: String { methods.map(\.rawValue).joined(separator: ", ") }

    /// Whether the endpoint exists only while pairing is on.
    var needsPairing: Bool {
        switch self {
        case .front, .liveRooms, .health, .readiness, .metrics: false
        case .rooms, .accept, .check, .purge, .iceServers: true
        }
    }
}
