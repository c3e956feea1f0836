import Callers
import HTTPTypes
import HummingbirdCore

@testable import WebServer

/// Answers every request with 200 and no body.
struct OKResponder: WebResponder {
    func respond(to request: Request, context: WebRequestContext) async throws -> Response {
        Response(status: .ok)
    }

    func endWaits() {}
}
