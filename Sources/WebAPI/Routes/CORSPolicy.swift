import HTTPTypes
import HummingbirdCore
import Requests

/// Lets pages of other origins call the API (the CORS protocol of the Fetch standard). Credentials are not
/// allowed: the API has none. Only `/api/` takes part here: the operator's pages stay unreadable for web pages.
struct CORSPolicy: Sendable {
    /// How long a browser may remember a preflight, in seconds: the longest that Chromium accepts.
    private static let maxAgeSeconds = 7_200

    let origins: AllowedOrigins

    /// Answers an OPTIONS request, preflight or not.
    func preflight(_ resource: Resource) -> Response {
        var headers: HTTPFields = [.allow: resource.allow]
        if resource.needsPairing {
            headers[.accessControlAllowMethods] = resource.allow
            headers[.accessControlAllowHeaders] = "Content-Type, Authorization"
            headers[.accessControlMaxAge] = String(Self.maxAgeSeconds)
        }
        return .noContent(headers: headers)
    }

    /// Answers `OPTIONS *` (RFC 9110 §9.3.7): the server is there.
    func optionsOfServer() -> Response { .noContent(headers: [.allow: Resource.allowAnywhere]) }

    /// Adds what lets the page of an allowed origin read the answer, refusals included.
    func decorate(_ response: inout Response, for request: Request) {
        guard request.uri.path.hasPrefix("/api/") else { return }
        switch origins {
        case .any:
            response.headers[.accessControlAllowOrigin] = "*"
        case .list(let allowed):
            response.headers[.vary] = "Origin"
            guard let origin = request.headers[.origin], allowed.contains(origin.lowercased()) else { return }
            response.headers[.accessControlAllowOrigin] = origin
        }
        response.headers[.accessControlExposeHeaders] = "Retry-After"
    }
}
