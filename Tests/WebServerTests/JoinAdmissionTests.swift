import Access
import Pairing
import Signaling
import TestSupport
import Testing

@testable import WebServer

@Suite("Admission of joins")
struct JoinAdmissionTests {
    @Test("A join has to wait only if joins are considered; its answer may be that there is none")
    func joins() async throws {
        let id = try #require(LiveRoomID("r"))
        for (verdict, expected) in [
            (Verdict.admitted, true), (.refused, false),
            (.unavailable(PairingStoreError(.unavailable, "the app is away")), nil),
        ] as [(Verdict, Bool?)] {
            let admission = StubAdmission(verdict, on: [.join])
            let service = signaling(admission)
            #expect(service.bounds.asksStore)
            let answer = await withCheckedContinuation { continuation in
                service.askStore(for: id) { continuation.resume(returning: $0) }
            }
            #expect(answer == expected)
            #expect(admission.asked == [Ask(.join(RoomID(stored: "r")))])
        }
        #expect(!signaling(StubAdmission(.refused, on: [.rooms])).bounds.asksStore)
    }

    private func signaling(_ admission: StubAdmission) -> SignalingService {
        SignalingService(
            configuration: WebServerConfiguration(), admission: admission, iceServers: { _, _ in nil },
            metrics: SignalingMetrics(forwardLatency: { _, _ in }), logger: RecordingLog().logger)
    }
}
