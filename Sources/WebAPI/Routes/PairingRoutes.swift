import Access
import Callers
import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import Pairing

/// The pairing API: each call reads its members, passes its limit, is admitted, and asks the store once.
struct PairingRoutes: Sendable {
    private let store: StoreCaller
    private let admission: AdmissionCaller
    private let body: RequestBodyReader
    private let purgeBody: RequestBodyReader
    private let notices: AcceptNotices
    private let accepts: AcceptGate
    /// A create that meets another device's live code has found it: such conflicts are guesses as well, counted
    /// apart, so that they never lock an address out of accepting.
    private let conflicts: AcceptGate

    init(
        store: StoreCaller, admission: AdmissionCaller, notices: AcceptNotices,
        configuration: WebAPIConfiguration
    ) {
        self.store = store
        self.admission = admission
        self.notices = notices
        body = RequestBodyReader(maxBytes: configuration.maxBodyBytes)
        purgeBody = RequestBodyReader(maxBytes: configuration.maxPurgeBodyBytes)
        accepts = AcceptGate(limits: configuration.accepts)
        conflicts = AcceptGate(limits: configuration.accepts)
    }

    func create(
        _ request: Request, _ context: WebRequestContext
    ) async throws -> (HTTPMetrics.Outcome, Response) {
        let fields = PairingFields(object: try await body.object(request, context))
        try fields.require("joinid", "client1")
        let now = Timestamp.now()
        let expires = try fields.expiry(now: now)
        let code: JoinCode = try fields.identifier("joinid")
        let client: DeviceID = try fields.identifier("client1")
        try await admission.admit(.invite(by: client), context)
        let outcome = try await guarded(conflicts, context, isGuess: { $0 == .conflict }) {
            () async throws(APIError) in
            try await store.call(.create, context.logger) { store throws(PairingStoreError) in
                try await store.create(code, client1: client, expires: expires, now: now)
            }
        }
        switch outcome {
        case .created(let expires):
            var answer = JSONObjectWriter()
            answer.add("ok", true)
            answer.add("exp", expires.iso8601)
            return (.ok, .json(.created, answer))
        case .conflict:
            throw APIError.conflict
        }
    }

    func accept(
        _ request: Request, _ context: WebRequestContext
    ) async throws -> (HTTPMetrics.Outcome, Response) {
        let fields = PairingFields(object: try await body.object(request, context))
        try fields.require("joinid", "client2")
        let code: JoinCode = try fields.identifier("joinid")
        let client: DeviceID = try fields.identifier("client2")
        try await admission.admit(.accept(by: client), context)
        switch try await guardedAccept(code, client, context) {
        case .room(let room): return (.ok, Self.answer(room))
        case .notFoundOrExpired: throw APIError.notFoundOrExpired
        case .conflict: throw APIError.conflict
        }
    }

    /// Accepts behind the gate. An answer is a guess if it teaches a guesser something without giving a room: the
    /// code is unknown, or it is known but not for this device. A room is not a guess, whether it is given for the
    /// first time or again. Neither is a store that could not answer.
    private func guardedAccept(
        _ code: JoinCode, _ client: DeviceID, _ context: WebRequestContext
    ) async throws(APIError) -> AcceptOutcome {
        let isGuess: @Sendable (AcceptOutcome) -> Bool = { outcome in
            switch outcome {
            case .room: false
            case .notFoundOrExpired, .conflict: true
            }
        }
        return try await guarded(accepts, context, isGuess: isGuess) { () async throws(APIError) in
            try await store.call(.accept, context.logger) { store throws(PairingStoreError) in
                var random = SystemRandomNumberGenerator()
                let room = RoomID.random(using: &random)
                return try await store.accept(code, client2: client, newRoom: room, now: .now())
            }
        }
    }

    /// Asks the store behind a gate that counts guesses.
    private func guarded<Outcome: Sendable>(
        _ gate: AcceptGate, _ context: WebRequestContext, isGuess: (Outcome) -> Bool,
        _ ask: () async throws(APIError) -> Outcome
    ) async throws(APIError) -> Outcome {
        let attempt: AcceptGate.Attempt
        do {
            attempt = try await gate.begin(context.origin)
        } catch {
            throw .rateLimited(error.reason, retryAfter: error.retryAfter)
        }
        do {
            let outcome = try await ask()
            if let lockout = gate.end(attempt, wasGuess: isGuess(outcome)) {
                context.logger.notice(
                    "An address guesses join codes",
                    metadata: ["locked_seconds": "\(lockout.components.seconds)"])
            }
            return outcome
        } catch {
            gate.end(attempt, wasGuess: false)
            throw error
        }
    }

    func check(
        _ request: Request, _ context: WebRequestContext
    ) async throws -> (HTTPMetrics.Outcome, Response) {
        let fields = PairingFields(object: try await body.object(request, context))
        try fields.require("joinid", "client1")
        let code: JoinCode = try fields.identifier("joinid")
        let client: DeviceID = try fields.identifier("client1")
        let wait = try fields.wait()
        let ticket = notices.register(code)
        defer { notices.leave(ticket) }
        let outcome = try await store.call(.check, context.logger) { store throws(PairingStoreError) in
            try await store.check(code, client1: client, now: .now())
        }
        switch outcome {
        case .room(let room): return (.ok, Self.answer(room))
        case .pending:
            guard let wait, await notices.wait(ticket, atMost: wait) else { return (.pending, .noContent()) }
            // The invitation was accepted: it is time to ask again.
            return (.pending, .noContent(headers: [.retryAfter: "0"]))
        case .notFoundOrExpired: throw APIError.notFoundOrExpired
        }
    }

    /// `GET /api/rooms?roomid=`. An id that cannot be one names no room, so it is not found.
    func room(
        _ request: Request, _ context: WebRequestContext
    ) async throws -> (HTTPMetrics.Outcome, Response) {
        guard let text = request.queryItem("roomid") else { throw APIError.missingField("roomid") }
        guard let id = RoomID(text) else { throw APIError.noSuchRoom }
        try await admission.admit(.lookUp(id), context)
        let found = try await store.call(.get, context.logger) { store throws(PairingStoreError) in
            try await store.room(id)
        }
        guard let room = found else { throw APIError.noSuchRoom }
        var answer = JSONObjectWriter()
        answer.add("roomid", room.roomID.rawValue)
        answer.add("client1", room.client1.rawValue)
        answer.add("client2", room.client2.rawValue)
        return (.ok, .json(.ok, answer))
    }

    /// `DELETE /api/rooms`. The body's `roomid` goes before the query's.
    func delete(
        _ request: Request, _ context: WebRequestContext
    ) async throws -> (HTTPMetrics.Outcome, Response) {
        let object = try await body.optionalObject(request, context)
        let id: RoomID
        if let object, object["roomid"] != nil {
            id = try PairingFields(object: object).identifier("roomid")
        } else if let text = request.queryItem("roomid") {
            guard let queried = RoomID(text) else {
                throw APIError.invalidField("roomid", "must have 1 to \(RoomID.maximumLength) characters")
            }
            id = queried
        } else {
            throw APIError.missingField("roomid")
        }
        try await admission.admit(.delete(id), context)
        let existed = try await store.call(.delete, context.logger) { store throws(PairingStoreError) in
            try await store.deleteRoom(id)
        }
        var answer = JSONObjectWriter()
        answer.add("ok", true)
        return (existed ? .ok : .absent, .json(.ok, answer))
    }

    func purge(
        _ request: Request, _ context: WebRequestContext
    ) async throws -> (HTTPMetrics.Outcome, Response) {
        let devices = try PairingFields(object: try await purgeBody.object(request, context)).devices()
        try await admission.admit(.purge(devices), context)
        let purged = try await store.call(.purge, context.logger) { store throws(PairingStoreError) in
            try await store.purge(devices)
        }
        var answer = JSONObjectWriter()
        answer.add("ok", true)
        answer.add("success", true)
        answer.add("roomsDeleted", purged.rooms.count)
        answer.add("pendingsDeleted", purged.pendings)
        answer.add("deviceIdCount", devices.count)
        return (.ok, .json(.ok, answer))
    }

    private static func answer(_ room: RoomID) -> Response {
        var answer = JSONObjectWriter()
        answer.add("roomid", room.rawValue)
        return .json(.ok, answer)
    }
}

extension AcceptGate.Refusal {
    fileprivate var reason: RateLimitReason {
        switch self {
        case .locked: .acceptLocked
        case .busy: .acceptBusy
        case .paced: .acceptPaced
        }
    }
}

extension Request {
    /// An item of the query; nil when it is absent or empty.
    func queryItem(_ name: Substring) -> String? {
        guard let value = uri.queryParameters[name], !value.isEmpty else { return nil }
        return String(value)
    }
}
