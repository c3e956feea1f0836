import Access
import HTTPTypes
import Pairing
import TestSupport
import Testing

@testable import WebAPI

@Suite("Admission of calls")
struct AdmissionRouteTests {
    private static let failure = PairingStoreError(.unavailable, "the app is away")
    private let phone = DeviceID(stored: "a")
    private let tablet = DeviceID(stored: "b")

    private func api(_ admission: StubAdmission, _ store: InMemoryPairingStore = .init()) -> TestAPI {
        TestAPI(
            store: store, configure: { $0.createsPerMinute = 1_000 }, services: { $0.admission = admission })
    }

    /// Makes every call that is put to an admission, from an address that has limits.
    private func everyCall(_ api: TestAPI, room: String) async throws -> [TestAPI.Answer] {
        let peer = "203.0.113.9"
        return [
            try await api.post(
                "/api/rooms", #"{"joinid":"9","client1":"a","expiresInSeconds":60}"#, from: peer),
            try await api.post("/api/rooms/accept", #"{"joinid":"9","client2":"b"}"#, from: peer),
            try await api.send(.get, "/api/ice-servers?roomid=\(room)&client=a", from: peer),
            try await api.send(.get, "/api/rooms?roomid=\(room)", from: peer),
            try await api.send(.delete, "/api/rooms?roomid=\(room)", from: peer),
            try await api.post("/api/user/purge", #"{"deviceIds":["a","b"]}"#, from: peer),
        ]
    }

    @Test("Each call asks once, for what it is about to do")
    func asks() async throws {
        let admission = StubAdmission(.admitted)
        let answers = try await everyCall(api(admission), room: "r")
        #expect(answers.map(\.status) == [201, 200, 403, 404, 200, 200])
        let room = RoomID(stored: "r")
        #expect(
            admission.asked.map(\.action) == [
                .invite(by: phone), .accept(by: tablet), .credentials(room, for: phone), .lookUp(room),
                .delete(room), .purge([phone, tablet]),
            ])
    }

    @Test("What is refused is forbidden, changes nothing, and is no guess")
    func refused() async throws {
        let store = InMemoryPairingStore()
        let room = try await api(StubAdmission(.admitted), store).pair("1", "a", "b")
        let api = api(StubAdmission(.refused), store)
        for _ in 1...12 {
            let answers = try await everyCall(api, room: room)
            #expect(answers.allSatisfy { $0.status == 403 && $0.error == "forbidden" })
            #expect(answers.allSatisfy { !$0.body.contains("admin") })
        }
        #expect(try await store.room(RoomID(stored: room)) != nil)
        #expect(try await store.open().pendings == 1)
    }

    @Test("What could not be found out is unavailable, and logged")
    func unavailable() async throws {
        let api = api(StubAdmission(.unavailable(Self.failure)))
        let answers = try await everyCall(api, room: "r")
        #expect(answers.allSatisfy { $0.status == 503 && $0.error == "unavailable" })
        #expect(
            api.log.lines.contains { $0.hasPrefix("error Admission could not be decided error=unavailable") })
    }

    @Test("A kind that is not considered is not asked about")
    func notConsidered() async throws {
        let admission = StubAdmission(.refused, on: [.accept])
        let answers = try await everyCall(api(admission), room: "r")
        #expect(answers.map(\.status) == [201, 403, 403, 404, 200, 200])
        #expect(admission.asked.map(\.kind) == [.accept])
    }
}
