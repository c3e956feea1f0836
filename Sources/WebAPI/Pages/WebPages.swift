import HTTPTypes
import HummingbirdCore
import JSON
import Requests

/// The pages and the client module, by path, and the headers that keep them to themselves.
package struct WebPages: Sendable {
    /// What a page may load and do: its own files, and calls to its own server. STUN, TURN, and the streams of a call
    /// are under no such rule.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'", "connect-src 'self'",
    ].joined(separator: "; ")
    /// The page at `/` for a browser.
    private static let frontPage = "index.html"
    /// Modules that pages of every origin may import. They are the same for every page; the API decides which
    /// origins it answers.
    private static let library = "client/"

    /// What tells a browser on this machine how other devices reach it.
    private static let network = "demo/network.json"

    private let files: [String: WebFile]
    private let networkOrigin: @Sendable () -> String?

    /// - Parameters:
    ///   - files: by path below the root, for example `demo/demo.js`. The page of a folder is its `index.html`; the one
    ///     without a folder is the front page.
    ///   - networkOrigin: where devices of the network find the pages, `http://192.0.2.7:8080` for example; nil where
    ///     they do not.
    package init(files: [String: WebFile], networkOrigin: @escaping @Sendable () -> String? = { nil }) {
        self.files = files
        self.networkOrigin = networkOrigin
    }

    /// The front page, for a GET or HEAD of `/` that asks for HTML; nil for any other.
    func front(_ request: Request) -> Response? {
        guard request.headers.asksForHTML, let file = files[Self.frontPage] else { return nil }
        var response = Self.protected(file.answer(to: request.headers), request)
        response.headers[.vary] = "Accept, Accept-Encoding"
        return response
    }

    /// The answer if the path is one of these files or their folders; nil for any other path.
    ///
    /// - Parameter isLocal: whether the caller is local, as ``RequestProvenance`` defines it.
    func answer(to request: Request, isLocal: Bool) -> Response? {
        let path = request.uri.path.dropFirst()
        if path == Self.network {
            return request.method == .get
                ? network(request, isLocal) : APIError.methodNotAllowed("GET").response
        }
        if let file = files[String(path)] ?? (path.last == "/" ? files["\(path)\(Self.frontPage)"] : nil) {
            guard request.method == .get || request.method == .head else {
                return APIError.methodNotAllowed("GET, HEAD").response
            }
            var response = Self.protected(file.answer(to: request.headers), request)
            if path.hasPrefix(Self.library) {
                response.headers[.accessControlAllowOrigin] = "*"
                response.headers[.crossOriginResourcePolicy] = "cross-origin"
            }
            return response
        }
        guard let name = path.split(separator: "/").last, files["\(path)/\(Self.frontPage)"] != nil else {
            return nil
        }
        return Response(status: .permanentRedirect, headers: [.location: "\(name)/"])
    }

    /// Tells the page of a local caller at which origin other devices find this server. Other callers are not told.
    private func network(_ request: Request, _ isLocal: Bool) -> Response {
        var answer = JSONObjectWriter()
        if isLocal, let origin = networkOrigin() { answer.add("origin", origin) }
        var response = Self.protected(.json(.ok, answer), request)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private static func protected(_ response: Response, _ request: Request) -> Response {
        var response = response
        response.headers[.contentSecurityPolicy] = policy + ownSockets(request.head.authority ?? "")
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.permissionsPolicy] = "camera=(self), microphone=(self), display-capture=(self)"
        // The page that opened this one gets no reference to its window. Browsers apply this only to pages that
        // came securely.
        response.headers[.crossOriginOpenerPolicy] = "same-origin"
        response.headers[.crossOriginResourcePolicy] = "same-origin"
        // For browsers that do not know frame-ancestors.
        response.headers[.xFrameOptions] = "DENY"
        return response
    }

    /// The WebSockets of the page's own origin, which not every browser takes `'self'` for. Nothing for a host that
    /// cannot stand in a policy (CSP Level 3 §2.3.1), such as an IPv6 address.
    private static func ownSockets(_ authority: String) -> String {
        let isPlain = authority.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: ":"):
                true
            default: false
            }
        }
        return isPlain && !authority.isEmpty ? " ws://\(authority) wss://\(authority)" : ""
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = pageHeader("Referrer-Policy")
    fileprivate static let permissionsPolicy = pageHeader("Permissions-Policy")
    fileprivate static let crossOriginOpenerPolicy = pageHeader("Cross-Origin-Opener-Policy")
    fileprivate static let crossOriginResourcePolicy = pageHeader("Cross-Origin-Resource-Policy")
    fileprivate static let xFrameOptions = pageHeader("X-Frame-Options")

    private static func pageHeader(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else {
            preconditionFailure("\(name) is a token (RFC 9110 §5.6.2)")
        }
        return name
    }
}
