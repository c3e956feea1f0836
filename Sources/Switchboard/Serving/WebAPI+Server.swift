import JSON
import Pairing
import Signaling
import Telemetry
import WebAPI
import WebServer

extension WebAPI: WebResponder {}

/// What the operator's pages tell, from the web server and the metrics.
struct LiveReport: ServerReport {
    let web: WebServerStatus
    let metrics: MetricsRegistry

    var isDraining: Bool { web.isDraining }
    var roomCount: Int { web.roomCount }

    func rooms(limit: Int) async -> [LiveRoom] {
        await web.rooms(limit: limit).map { room in
            LiveRoom(id: room.roomID, memberCount: room.userCount, isFull: room.isFull)
        }
    }

    func metricsText() -> String { metrics.prometheusText() }
}

/// What clients are told of the relay, as an answer of the routes.
struct RelayICEServers: ICEServerSource {
    let lookup: ICEServerLookup

    func addServers(for member: DeviceID, in room: RoomID, to answer: inout JSONObjectWriter) {
        let servers = lookup(room.rawValue, member.rawValue)
        answer.add(servers ?? ICEServers(json: Array("[]".utf8), expires: nil))
    }
}
