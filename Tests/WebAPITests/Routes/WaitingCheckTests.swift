import HTTPTypes
import Pairing
import Testing

@testable import WebAPI

@Suite("A check that waits")
struct WaitingCheckTests {
    private let api: TestAPI
    private let events: PairingEvents
    private let notices: AcceptNotices

    init() {
        let store = InMemoryPairingStore()
        events = store.events
        api = TestAPI(store: store)
        notices = api.api.notices
    }

    private func create() async throws {
        let answer = try await api.send(
            .post, "/api/rooms", #"{"joinid":"77","client1":"a","expiresInSeconds":60}"#)
        #expect(answer.status == 201)
    }

    private func check(waitSeconds: String = "20") async throws -> TestAPI.Answer {
        try await api.send(
            .post, "/api/rooms/check", #"{"joinid":"77","client1":"a","waitSeconds":\#(waitSeconds)}"#)
    }

    private func untilSomebodyWaits() async throws {
        let end = ContinuousClock.now + .seconds(30)
        while notices.count == 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(2)) }
        #expect(notices.count == 1)
    }

    @Test("It is answered when somebody accepts, and the room is handed over by the next one")
    func accepted() async throws {
        try await create()
        async let waiting = check()
        try await untilSomebodyWaits()
        let accept = try await api.send(.post, "/api/rooms/accept", #"{"joinid":"77","client2":"b"}"#)
        let answer = try await waiting
        #expect(answer.status == 204 && answer.headers[.retryAfter] == "0")
        let next = try await check()
        #expect(next.status == 200 && next.string("roomid") == accept.string("roomid"))
        #expect(next.headers[.retryAfter] == nil)
        #expect(notices.count == 0)
    }

    @Test("Whoever finds too many waiting is answered at once, and nobody's place is taken by that")
    func tooMany() async throws {
        let full = AcceptNotices(events, maximumCount: 1)
        let code = JoinCode(stored: "77")
        let first = full.register(code)
        let second = full.register(code)
        #expect(await !full.wait(second, atMost: .seconds(3_600)))
        full.leave(second)
        full.leave(second)
        #expect(full.count == 1)
        events.publish(.accepted(code, room: RoomID(stored: "r")))
        #expect(await full.wait(first, atMost: .seconds(3_600)))
        full.leave(first)
        #expect(full.count == 0)
    }

    @Test("It ends when its time is up")
    func timeIsUp() async throws {
        try await create()
        let answer = try await check(waitSeconds: "0.2")
        #expect(answer.status == 204 && answer.headers[.retryAfter] == nil)
        #expect(notices.count == 0)
    }

    @Test("It ends when the server shuts down, and then none waits any more")
    func shutdown() async throws {
        try await create()
        async let waiting = check()
        try await untilSomebodyWaits()
        api.api.endWaits()
        #expect(try await waiting.headers[.retryAfter] == nil)
        #expect(try await check().status == 204)
    }

    @Test("It ends when its caller is cancelled")
    func cancelled() async throws {
        try await create()
        let waiting = Task { try await check() }
        try await untilSomebodyWaits()
        waiting.cancel()
        _ = await waiting.result
        #expect(notices.count == 0)
    }

    @Test("What there is nothing to wait for is answered at once")
    func refused() async throws {
        #expect(try await check().status == 404)
        #expect(notices.count == 0)
    }

    @Test("Nobody has to wait", arguments: ["0", "null"])
    func noWait(_ text: String) async throws {
        try await create()
        let answer = try await check(waitSeconds: text)
        #expect(answer.status == 204 && answer.headers[.retryAfter] == nil)
    }

    @Test("What is no time is refused", arguments: ["-1", "25.001", "1e300", "\"5\"", "true", "[]", "{}"])
    func noTime(_ text: String) async throws {
        try await create()
        let answer = try await check(waitSeconds: text)
        #expect(
            answer.status == 400 && answer.error == "invalid_field" && answer.string("field") == "waitSeconds"
        )
        #expect(notices.count == 0)
    }

    @Test("Many waiters of one code are all told; others are not")
    func many() async throws {
        let (code, other) = (try #require(JoinCode("1")), try #require(JoinCode("2")))
        let tickets = (0..<50).map { _ in notices.register(code) }
        let apart = notices.register(other)
        await withTaskGroup(of: Void.self) { tasks in
            for ticket in tickets {
                tasks.addTask { #expect(await notices.wait(ticket, atMost: .seconds(60))) }
            }
            tasks.addTask { events.publish(.accepted(code, room: RoomID(stored: "r"))) }
        }
        #expect(notices.count == 51)
        tickets.forEach(notices.leave)
        notices.leave(apart)
        #expect(notices.count == 0 && events.count == 0)
    }

    @Test("An acceptance between taking a place and waiting is not lost")
    func acceptedBeforeWaiting() async throws {
        let (code, other) = (JoinCode(stored: "1"), JoinCode(stored: "2"))
        let (ticket, apart) = (notices.register(code), notices.register(other))
        events.publish(.accepted(code, room: RoomID(stored: "r")))
        #expect(await notices.wait(ticket, atMost: .seconds(3_600)))
        #expect(await !notices.wait(apart, atMost: .zero))
    }

    @Test("What waits keeps no place with the store's events once it is gone")
    func noCycle() async throws {
        weak var waiting: AcceptNotices?
        do {
            let notices = AcceptNotices(events)
            waiting = notices
            _ = notices.register(JoinCode(stored: "1"))
            let ticket = notices.register(JoinCode(stored: "2"))
            #expect(events.count == 1)
            _ = ticket
        }
        #expect(waiting == nil && events.count == 0)
    }
}
