import Access
import HTTPTypes
import Logging
import Pairing
import Signaling
import Synchronization
import TestSupport
import Testing

@testable import WebServer

/// Considers some kinds of asks, and answers all of those alike.
private final class StubAdmission: Admission {
    private let kinds: Set<Ask.Kind>
    private let verdict: Verdict
    private let seen = Mutex<[Ask]>([])

    init(_ verdict: Verdict, on kinds: Set<Ask.Kind> = Set(Ask.Kind.allCases)) {
        self.kinds = kinds
        self.verdict = verdict
    }

    /// What it was asked since the last look.
    var asked: [Ask] {
        seen.withLock { seen in
            defer { seen = [] }
            return seen
        }
    }

    func considers(_ kind: Ask.Kind) -> Bool { kinds.contains(kind) }

    func decide(_ ask: Ask) async -> Verdict {
        seen.withLock { $0.append(ask) }
        return verdict
    }
}

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

    @Test("A join has to wait only if joins are considered; its answer may be that there is none")
    func joins() async throws {
        let id = try #require(LiveRoomID("r"))
        for (verdict, expected) in [
            (Verdict.admitted, true), (.refused, false), (.unavailable(Self.failure), nil),
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
