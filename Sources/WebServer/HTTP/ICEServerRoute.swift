import Access
import Callers
import Hummingbird
import JSON
import Pairing
import Signaling

/// `GET /api/ice-servers?roomid=&client=`: ICE servers with fresh credentials for a member of a paired room.
struct ICEServerRoute: Sendable {
    let store: StoreCaller
    let admission: AdmissionCaller
    let relay: RelayServices

    /// A room that does not exist and one that the device is no member of are answered alike.
    func answer(
        _ request: Request, _ context: WebRequestContext
    ) async throws -> (HTTPMetrics.Outcome, Response) {
        guard let roomText = request.queryItem("roomid") else { throw APIError.missingField("roomid") }
        guard let clientText = request.queryItem("client") else { throw APIError.missingField("client") }
        guard let id = RoomID(roomText), let client = DeviceID(clientText) else { throw APIError.notAMember }
        try await admission.admit(.credentials(id, for: client), context)
        let found = try await store.call(.iceServers, context.logger) { store throws(PairingStoreError) in
            try await store.room(id)
        }
        guard let room = found, room.client1 == client || room.client2 == client else {
            throw APIError.notAMember
        }
        let servers = relay.iceServers(id.rawValue, client.rawValue)
        var answer = JSONObjectWriter()
        answer.add(servers ?? ICEServers(json: Array("[]".utf8), expires: nil))
        return (.ok, .json(.ok, answer))
    }
}
