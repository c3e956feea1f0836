import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore

/// The stable ids of refusals, as they stand in a body's `error`.
enum ErrorID: String, CaseIterable, Sendable {
    case invalidJSON = "invalid_json"
    case badRequest = "bad_request"
    case missingField = "missing_field"
    case invalidField = "invalid_field"
    case unauthorized
    case forbidden
    case notAMember = "not_a_member"
    case notFound = "not_found"
    case notFoundOrExpired = "not_found_or_expired"
    case pairingDisabled = "pairing_disabled"
    case methodNotAllowed = "method_not_allowed"
    case conflict
    case tooLarge = "too_large"
    case rateLimited = "rate_limited"
    case `internal`
    case unavailable
}

/// A refusal: the only thing a route throws on purpose. The message is for people and may change; the id
/// may not. Nothing in it comes from a library's error text or from the request.
struct APIError: Error {
    let id: ErrorID
    let status: HTTPResponse.Status
    let message: String
    /// The member or query item that is to blame.
    private(set) var field: String?
    /// Seconds until the call may work.
    private(set) var retryAfter: Int?
    /// What metrics count the refusal as; the id unless something finer is known.
    private(set) var reason: String
    private(set) var headers: HTTPFields = [:]

    private init(_ id: ErrorID, _ status: HTTPResponse.Status, _ message: String) {
        self.id = id
        self.status = status
        self.message = message
        reason = id.rawValue
    }

    /// The answer, ready to be sent.
    var response: Response {
        var body = JSONObjectWriter()
        body.add("error", id.rawValue)
        body.add("message", message)
        if let field { body.add("field", field) }
        if let retryAfter { body.add("retryAfter", retryAfter) }
        return .json(status, body, headers: headers)
    }
}

extension APIError {
    static let invalidJSON = APIError(.invalidJSON, .badRequest, "The body is not a JSON object.")
    static let notFound = APIError(.notFound, .notFound, "There is nothing at this path.")
    static let noSuchRoom = APIError(.notFound, .notFound, "There is no room with this id.")
    static let notFoundOrExpired = APIError(
        .notFoundOrExpired, .notFound, "There is no live invitation with this code for this device.")
    static let conflict = APIError(.conflict, .conflict, "Another device has this code.")
    static let pairingDisabled = APIError(
        .pairingDisabled, .notFound, "Pairing is switched off on this server (USE_SQLITE=1 switches it on).")
    static let forbidden = APIError(
        .forbidden, .forbidden, "Without an admin token this page is served to this machine only.")
    static let notAdmitted = APIError(.forbidden, .forbidden, "This caller may not do that.")
    static let notAMember = APIError(
        .notAMember, .forbidden, "There is no room with this id and this device as a member.")
    static let `internal` = APIError(.internal, .internalServerError, "The server failed; its log says why.")
    static let relayFails = APIError(
        .unavailable, .serviceUnavailable, "The relay failed its self-test; the log says why.")
    static let draining = APIError(.unavailable, .serviceUnavailable, "The server is shutting down.")

    /// The HTTP message itself is malformed; what follows on the connection cannot be read.
    static let badRequest: APIError = {
        var error = APIError(.badRequest, .badRequest, "The request is not valid HTTP.")
        error.headers[.connection] = "close"
        return error
    }()

    static let unauthorized: APIError = {
        var error = APIError(.unauthorized, .unauthorized, "This page needs the admin token.")
        error.headers[.wwwAuthenticate] = "Bearer"
        return error
    }()

    /// The store cannot answer at the moment.
    static let unavailable: APIError = {
        var error = APIError(
            .unavailable, .serviceUnavailable, "The store cannot answer now; try again later.")
        error.headers[.retryAfter] = "1"
        return error
    }()

    static func missingField(_ name: String) -> APIError {
        var error = APIError(.missingField, .badRequest, "\(name) is missing.")
        error.field = name
        return error
    }

    /// - Parameter rule: completes the sentence that begins with the name.
    static func invalidField(_ name: String, _ rule: String) -> APIError {
        var error = APIError(.invalidField, .badRequest, "\(name) \(rule).")
        error.field = name
        return error
    }

    /// The rest of the body is not wanted, so the connection ends with the answer.
    static func tooLarge(limit: Int) -> APIError {
        var error = APIError(.tooLarge, .contentTooLarge, "The body is larger than \(limit) bytes.")
        error.headers[.connection] = "close"
        return error
    }

    static func methodNotAllowed(_ allowed: String) -> APIError {
        var error = APIError(.methodNotAllowed, .methodNotAllowed, "This path answers \(allowed).")
        error.headers[.allow] = allowed
        return error
    }

    /// - Parameter duration: rounded up to whole seconds, at least one.
    static func rateLimited(_ reason: RateLimitReason, retryAfter duration: Duration) -> APIError {
        let (seconds, attoseconds) = duration.components
        let rounded = max(1, Int(seconds) + (attoseconds > 0 ? 1 : 0))
        var error = APIError(
            .rateLimited, .tooManyRequests, "\(reason.sentence) Try again in \(rounded) s.")
        error.retryAfter = rounded
        error.reason = reason.rawValue
        error.headers[.retryAfter] = String(rounded)
        return error
    }
}

/// Which limit a call ran into.
enum RateLimitReason: String, CaseIterable, Sendable {
    case acceptLocked = "accept_locked"
    case acceptBusy = "accept_busy"
    case acceptPaced = "accept_paced"
    case creates
    case checks
    case rooms
    case purges
    case iceServers = "ice_servers"

    fileprivate var sentence: String {
        switch self {
        case .acceptLocked: "Too many wrong codes came from this address."
        case .acceptBusy: "Too many attempts from this address run at once."
        case .acceptPaced: "The server is slowing down guesses of codes."
        case .creates: "Too many invitations came from this address."
        case .checks: "Too many checks came from this address."
        case .rooms: "Too many calls about rooms came from this address."
        case .purges: "Too many purges came from this address."
        case .iceServers: "Too many calls for ICE servers came from this address."
        }
    }
}

extension Response {
    /// A JSON answer.
    static func json(
        _ status: HTTPResponse.Status, _ body: JSONObjectWriter, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.text)))
    }

    /// A plain text answer.
    static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// 204, which has neither body nor length (RFC 9110 §8.6).
    static func noContent(headers: HTTPFields = [:]) -> Response {
        var response = Response(status: .noContent, headers: headers)
        response.headers[.contentLength] = nil
        return response
    }
}
