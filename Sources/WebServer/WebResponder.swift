package import Callers
package import HummingbirdCore

/// What answers the HTTP requests of a ``WebServer``. Called from any task.
package protocol WebResponder: Sendable {
    /// Answers a request. Throws only when there is no client left to answer, which ends the connection.
    func respond(to request: Request, context: WebRequestContext) async throws -> Response

    /// The server is about to stop: requests whose answers are held back are answered now, and none is held back any
    /// more. Called again when open connections are about to be closed.
    func endWaits()
}
