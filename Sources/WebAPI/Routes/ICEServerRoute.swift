import Access
import Callers
import HTTPTypes
import HummingbirdCore
import JSON
import Pairing

/// `GET /api/ice-servers?roomid=&client=`: ICE servers with fresh credentials for a member of a paired room.
struct ICEServerRoute: Sendable {
    let store: StoreCaller
    let admission: AdmissionCaller
    /// Nil when there are none to tell of.
    let source: (any ICEServerSource)?

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
        var answer = JSONObjectWriter()
        if let source {
            source.addServers(for: client, in: id, to: &answer)
        } else {
            answer.add("iceServers", json: Array("[]".utf8))
        }
        return (.ok, .json(.ok, answer))
    }
}
