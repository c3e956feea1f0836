import HTTPTypes
import Hummingbird

/// The pages and the client module, by path, and the headers that keep them to themselves.
package struct WebPages: Sendable {
    /// What a page may load and do: its own files, calls to servers, its own pictures and recordings.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
        "media-src 'self' blob:", "connect-src 'self' ws: wss:", "base-uri 'none'", "form-action 'none'",
        "frame-ancestors 'none'",
    ].joined(separator: "; ")
    /// What stands at `/` for a browser.
    private static let frontPage = "index.html"
    /// What pages of every origin may import: it is the same for all, and the API decides whom it answers.
    private static let library = "client/"

    private let files: [String: WebFile]

    /// - Parameter files: by path below the root, for example `demo/demo.js`. The page of a folder is its
    ///   `index.html`; the one without a folder is the front page.
    package init(files: [String: WebFile]) { self.files = files }

    /// The front page, for a GET or HEAD of `/` that asks for HTML; nil for any other.
    func front(_ request: Request) -> Response? {
        guard request.headers.asksForHTML, let file = files[Self.frontPage] else { return nil }
        var response = Self.protected(file.answer(to: request.headers))
        response.headers[.vary] = "Accept, Accept-Encoding"
        return response
    }

    /// The answer if the path is one of these files or their folders; nil for any other path.
    func answer(to request: Request) -> Response? {
        let path = request.uri.path.dropFirst()
        if let file = files[String(path)] ?? (path.last == "/" ? files["\(path)\(Self.frontPage)"] : nil) {
            guard request.method == .get || request.method == .head else {
                return APIError.methodNotAllowed("GET, HEAD").response
            }
            var response = Self.protected(file.answer(to: request.headers))
            if path.hasPrefix(Self.library) { response.headers[.accessControlAllowOrigin] = "*" }
            return response
        }
        guard let name = path.split(separator: "/").last, files["\(path)/\(Self.frontPage)"] != nil else {
            return nil
        }
        return Response(status: .permanentRedirect, headers: [.location: "\(name)/"])
    }

    private static func protected(_ response: Response) -> Response {
        var response = response
        response.headers[.contentSecurityPolicy] = policy
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.permissionsPolicy] = "camera=(self), microphone=(self), display-capture=(self)"
        // For browsers that do not know frame-ancestors.
        response.headers[.xFrameOptions] = "DENY"
        return response
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = pageHeader("Referrer-Policy")
    fileprivate static let permissionsPolicy = pageHeader("Permissions-Policy")
    fileprivate static let xFrameOptions = pageHeader("X-Frame-Options")

    private static func pageHeader(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else {
            preconditionFailure("\(name) is a token (RFC 9110 §5.6.2)")
        }
        return name
    }
}
