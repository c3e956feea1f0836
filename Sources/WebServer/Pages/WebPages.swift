import HTTPTypes
import Hummingbird

/// The pages and the client module, by path, and the headers that keep them to themselves.
package struct WebPages: Sendable {
    /// What a page may load and do: its own files, calls to its own server, its own pictures and downloads.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "media-src 'self' blob:",
        "connect-src 'self' ws: wss:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private let files: [String: WebFile]

    /// - Parameter files: by path below the root, for example `demo/demo.js`. A folder's page is its `index.html`.
    package init(files: [String: WebFile]) { self.files = files }

    /// The answer, if the path is one of these files or their folders; nothing for any other path.
    func answer(to request: Request) -> Response? {
        let path = request.uri.path.dropFirst()
        if let file = files[String(path)] ?? (path.last == "/" ? files["\(path)index.html"] : nil) {
            guard request.method == .get || request.method == .head else { return Self.refusal }
            return Self.protected(file.answer(to: request.headers))
        }
        guard files["\(path)/index.html"] != nil else { return nil }
        guard let name = path.split(separator: "/").last else { return nil }
        return Response(status: .permanentRedirect, headers: [.location: "\(name)/"])
    }

    private static let refusal = APIError.methodNotAllowed("GET, HEAD").response

    private static func protected(_ response: Response) -> Response {
        var response = response
        response.headers[.contentSecurityPolicy] = policy
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.permissionsPolicy] = "camera=(self), microphone=(self), display-capture=(self)"
        return response
    }
}

extension HTTPField.Name {
    static let referrerPolicy = pageHeader("Referrer-Policy")
    static let permissionsPolicy = pageHeader("Permissions-Policy")

    private static func pageHeader(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else {
            preconditionFailure("\(name) is a token (RFC 9110 §5.6.2)")
        }
        return name
    }
}
