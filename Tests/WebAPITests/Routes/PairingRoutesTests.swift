import HTTPTypes
import Pairing
import TestSupport
import Testing

@testable import WebAPI

@Suite("The pairing API")
struct PairingRoutesTests {
    let api = TestAPI()

    @Test("Create, check, accept, check, get, delete: every success of the contract")
    func wholePairing() async throws {
        let created = try await api.post(
            "/api/rooms", #"{"joinid":"123456","client1":"a","exp":"2100-01-01T00:00:00Z"}"#)
        #expect(created.status == 201)
        #expect(created.body == #"{"ok":true,"exp":"2100-01-01T00:00:00.000Z"}"#)
        #expect(created.headers[.contentType] == "application/json")

        let pending = try await api.post("/api/rooms/check", #"{"joinid":"123456","client1":"a"}"#)
        #expect(pending.status == 204)
        #expect(pending.body.isEmpty)
        #expect(pending.headers[.contentLength] == nil)

        let accept = #"{"joinid":"123456","client2":"b"}"#
        let accepted = try await api.post("/api/rooms/accept", accept)
        #expect(accepted.status == 200)
        let room = try #require(accepted.string("roomid"))
        #expect(room.count == 48 && room.allSatisfy { "0123456789abcdef".contains($0) })
        #expect(accepted.body == #"{"roomid":"\#(room)"}"#)
        let again = try await api.post("/api/rooms/accept", accept)
        #expect(again.body == accepted.body)

        let checked = try await api.post("/api/rooms/check", #"{"joinid":"123456","client1":"a"}"#)
        #expect(checked.status == 200)
        #expect(checked.body == accepted.body)
        let gone = try await api.post("/api/rooms/check", #"{"joinid":"123456","client1":"a"}"#)
        #expect(gone.status == 404)
        #expect(gone.error == "not_found_or_expired")

        let found = try await api.send(.get, "/api/rooms?roomid=\(room)")
        #expect(found.status == 200)
        #expect(found.body == #"{"roomid":"\#(room)","client1":"a","client2":"b"}"#)
        let head = try await api.send(.head, "/api/rooms?roomid=\(room)")
        #expect(head.status == 200 && head.body.isEmpty)
        #expect(head.headers[.contentLength] == String(found.body.utf8.count))

        for _ in 0..<2 {
            let deleted = try await api.send(.delete, "/api/rooms", #"{"roomid":"\#(room)"}"#)
            #expect(deleted.status == 200)
            #expect(deleted.body == #"{"ok":true}"#)
        }
        let missing = try await api.send(.get, "/api/rooms?roomid=\(room)")
        #expect(missing.status == 404)
        #expect(missing.error == "not_found")
    }

    @Test("The maker may renew its code; another device gets a conflict")
    func createConflicts() async throws {
        let body = #"{"joinid":"1","client1":"a","expiresInSeconds":60}"#
        #expect(try await api.post("/api/rooms", body).status == 201)
        #expect(try await api.post("/api/rooms", body).status == 201)
        let conflict = try await api.post(
            "/api/rooms", #"{"joinid":"1","client1":"b","expiresInSeconds":60}"#)
        #expect(conflict.status == 409)
        #expect(conflict.error == "conflict")
    }

    @Test("An accept by the maker, or after another device, is a conflict; an unknown code is not found")
    func acceptRefusals() async throws {
        _ = try await api.pair("1", "a", "b")
        for client in ["a", "c"] {
            let refused = try await api.post("/api/rooms/accept", #"{"joinid":"1","client2":"\#(client)"}"#)
            #expect(refused.status == 409)
            #expect(refused.error == "conflict")
        }
        let unknown = try await api.post("/api/rooms/accept", #"{"joinid":"2","client2":"b"}"#)
        #expect(unknown.status == 404)
        #expect(unknown.error == "not_found_or_expired")
    }

    @Test("expiresInSeconds counts from now and goes before exp")
    func expiresInSeconds() async throws {
        let before = Timestamp.now()
        let created = try await api.post(
            "/api/rooms", #"{"joinid":"1","client1":"a","expiresInSeconds":300,"exp":"2100-01-01T00:00:00Z"}"#
        )
        let expires = try #require(created.string("exp").flatMap { Timestamp(iso8601: $0) })
        #expect(expires >= before.advanced(by: .seconds(300)))
        #expect(expires <= Timestamp.now().advanced(by: .seconds(300)))
    }

    @Test("A room may be deleted by the query too, and the body goes first")
    func deleteByQuery() async throws {
        let one = try await api.pair("1", "a", "b")
        let two = try await api.pair("2", "c", "d")
        #expect(try await api.send(.delete, "/api/rooms?roomid=\(one)").status == 200)
        #expect(try await api.send(.get, "/api/rooms?roomid=\(one)").status == 404)
        _ = try await api.send(.delete, "/api/rooms?roomid=nowhere", #"{"roomid":"\#(two)"}"#)
        #expect(try await api.send(.get, "/api/rooms?roomid=\(two)").status == 404)
    }

    @Test("A purge deletes every row of the devices and counts each device once")
    func purge() async throws {
        _ = try await api.pair("1", "a", "b")
        _ = try await api.pair("2", "c", "a")
        _ = try await api.pair("3", "d", "e")
        let purged = try await api.post("/api/user/purge", #"{"deviceId":"a","deviceIds":["a","d"]}"#)
        #expect(purged.status == 200)
        #expect(
            purged.body
                == #"{"ok":true,"success":true,"roomsDeleted":3,"pendingsDeleted":3,"deviceIdCount":2}"#)
        let nothing = try await api.post("/api/user/purge", #"{"deviceId":"a"}"#)
        #expect(
            nothing.body
                == #"{"ok":true,"success":true,"roomsDeleted":0,"pendingsDeleted":0,"deviceIdCount":1}"#)
    }

    @Test("Members that a client adds are accepted, not logged and not returned")
    func unknownMembers() async throws {
        let created = try await api.post(
            "/api/rooms",
            #"{"joinid":"c0de","client1":"device-a","client1_token":"t0ken","platform":"ios","expiresInSeconds":9}"#
        )
        #expect(created.status == 201)
        let accepted = try await api.post(
            "/api/rooms/accept",
            #"{"joinid":"c0de","client2":"device-b","client2_token":"t0ken","x":{"y":[1]}}"#)
        #expect(accepted.status == 200)
        let room = try #require(accepted.string("roomid"))
        let found = try await api.send(.get, "/api/rooms?roomid=\(room)")
        for text in [created.body, accepted.body, found.body] + api.log.lines {
            #expect(!text.contains("t0ken") && !text.contains("ios"))
        }
        for line in api.log.lines { #expect(!line.contains("c0de") && !line.contains("device-")) }
    }

    @Test("Quotes and characters beyond ASCII in ids come back as they were sent")
    func escapes() async throws {
        let accepted = try await api.pair("1", #"\u00e4\"\\"#, "😀")
        let found = try await api.send(.get, "/api/rooms?roomid=\(accepted)")
        #expect(found.string("client1") == "ä\"\\")
        #expect(found.string("client2") == "😀")
    }

    @Test("While pairing is off its paths say so, whatever the method, and the others work")
    func pairingDisabled() async throws {
        let api = TestAPI(store: nil)
        for resource in Resource.all where resource.needsPairing {
            for method in [HTTPRequest.Method.get, .post, .delete, .put] {
                let refused = try await api.send(method, resource.path, "{}")
                #expect(refused.status == 404)
                #expect(refused.error == "pairing_disabled")
            }
        }
        #expect(try await api.send(.get, "/").status == 200)
        #expect(try await api.send(.get, "/readyz").status == 200)
    }

    @Test("A store that cannot answer is 503, a defect is 500, and neither tells the client why")
    func storeFailures() async throws {
        for (code, status, id) in [
            (PairingStoreError.Code.unavailable, 503, "unavailable"), (.internal, 500, "internal"),
        ] {
            let api = TestAPI(
                store: StubStore(failure: PairingStoreError(code, "disk I/O error in table pendings")))
            let refused = try await api.post("/api/rooms/accept", #"{"joinid":"1","client2":"b"}"#)
            #expect(refused.status == status)
            #expect(refused.error == id)
            #expect(!refused.body.contains("disk"))
            for _ in 0..<50 { _ = try await api.send(.get, "/api/rooms?roomid=1") }
            let lines = api.log.lines.filter { $0.contains("pairing store failed") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains("disk I/O error") == true)
        }
    }
}
