import HTTPTypes
import JSON
import Pairing
import Synchronization
import Testing

@testable import WebAPI

/// A list that names room and member.
private struct NamedServers: ICEServerSource {
    func addServers(for member: DeviceID, in room: RoomID, to answer: inout JSONObjectWriter) {
        answer.add("iceServers", json: Array(#"["\#(room.rawValue)/\#(member.rawValue)"]"#.utf8))
        answer.add("iceServersExpire", 1_900_000_000)
    }
}

@Suite("ICE servers over HTTP")
struct ICEServerRouteTests {
    /// A server that hands out lists naming room and member, and remembers which rooms ended.
    private func api(
        perMinute: Int = 100, hasServers: Bool = true
    ) -> TestAPI {
        TestAPI(
            configure: { $0.iceServersPerMinute = perMinute },
            services: { $0.iceServers = hasServers ? NamedServers() : nil })
    }

    @Test("Both members of a paired room get the list made for them, and it may not be cached")
    func members() async throws {
        let api = api()
        let room = try await api.pair("1", "a", "b")
        for client in ["a", "b"] {
            let answer = try await api.send(.get, "/api/ice-servers?roomid=\(room)&client=\(client)")
            #expect(answer.status == 200)
            #expect(
                answer.body == #"{"iceServers":["\#(room)/\#(client)"],"iceServersExpire":1900000000}"#)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.accessControlAllowOrigin] == "*")
        }
    }

    @Test("Others, and askers for rooms that do not exist, get the same 403")
    func strangers() async throws {
        let api = api()
        let room = try await api.pair("1", "a", "b")
        let stranger = try await api.send(.get, "/api/ice-servers?roomid=\(room)&client=c")
        let nowhere = try await api.send(.get, "/api/ice-servers?roomid=nowhere&client=a")
        let impossible = try await api.send(.get, "/api/ice-servers?roomid=%00&client=a")
        for answer in [stranger, nowhere, impossible] {
            #expect(answer.status == 403)
            #expect(answer.error == "not_a_member")
            #expect(answer.body == stranger.body)
        }
    }

    @Test("A missing item is named")
    func missing() async throws {
        let api = api()
        let noRoom = try await api.send(.get, "/api/ice-servers?client=a")
        #expect(noRoom.status == 400 && noRoom.error == "missing_field" && noRoom.string("field") == "roomid")
        let noClient = try await api.send(.get, "/api/ice-servers?roomid=x&client=")
        #expect(noClient.status == 400 && noClient.string("field") == "client")
    }

    @Test("A server that knows no ICE servers says so with an empty list")
    func none() async throws {
        let api = api(hasServers: false)
        let room = try await api.pair("1", "a", "b")
        let answer = try await api.send(.get, "/api/ice-servers?roomid=\(room)&client=a")
        #expect(answer.status == 200)
        #expect(answer.body == #"{"iceServers":[]}"#)
    }

    @Test("Calls of one address are limited")
    func limit() async throws {
        let api = api(perMinute: 2)
        let path = "/api/ice-servers?roomid=x&client=a"
        for _ in 0..<2 { #expect(try await api.send(.get, path, from: "192.0.2.1").status == 403) }
        let refused = try await api.send(.get, path, from: "192.0.2.1")
        #expect(refused.status == 429 && refused.error == "rate_limited")
        #expect(refused.headers[.retryAfter] != nil)
        #expect(try await api.send(.get, path, from: "192.0.2.2").status == 403)
    }

    @Test("Other methods are told what the path answers")
    func methods() async throws {
        let refused = try await api().send(.post, "/api/ice-servers", "{}")
        #expect(refused.status == 405)
        #expect(refused.headers[.allow] == "GET, HEAD, OPTIONS")
    }
}

@Suite("Ends of rooms")
struct RoomEndTests {
    @Test("Whoever subscribed to ends learns of rooms that are deleted or purged, and of those only")
    func endings() async throws {
        let ended = EndedRooms()
        let store = InMemoryPairingStore()
        let api = TestAPI(store: store)
        let subscription = store.events.subscribe(to: .endedRooms, ended.add)
        defer { subscription?.end() }
        let one = try await api.pair("1", "a", "b")
        let two = try await api.pair("2", "c", "d")
        let three = try await api.pair("3", "e", "c")
        let four = try await api.pair("4", "g", "h")
        _ = try await api.send(.delete, "/api/rooms?roomid=nowhere")
        #expect(ended.taken.isEmpty)
        _ = try await api.send(.delete, "/api/rooms?roomid=\(one)")
        #expect(ended.taken == [one])
        _ = try await api.send(.delete, "/api/rooms?roomid=\(one)")
        _ = try await api.post("/api/user/purge", #"{"deviceId":"nobody"}"#)
        #expect(ended.taken.isEmpty)
        _ = try await api.post("/api/user/purge", #"{"deviceId":"c"}"#)
        #expect(Set(ended.taken) == [two, three])
        #expect(try await api.send(.get, "/api/rooms?roomid=\(four)").status == 200)
    }

    private final class EndedRooms: Sendable {
        private let rooms = Mutex<[String]>([])

        var add: @Sendable (PairingEvent) -> Void {
            { event in
                guard case .roomsEnded(let ended) = event else { return }
                self.rooms.withLock { $0 += ended.map(\.rawValue) }
            }
        }

        /// What has been added since the last look.
        var taken: [String] {
            rooms.withLock { rooms in
                defer { rooms = [] }
                return rooms
            }
        }
    }
}
