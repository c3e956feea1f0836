import HTTPTypes

/// What stands at one path: its routes, and the methods that they allow (RFC 9110 §3.1, §10.2.1).
struct Resource: Sendable {
    /// As routes declare it; also the `route` label of metrics.
    let path: String
    /// The methods with a meaning, as `Allow` lists them.
    let methods: [HTTPRequest.Method]
    /// Whether it exists only while pairing is on.
    let needsPairing: Bool
    private let routes: [Route]

    private init(path: String, routes: [Route]) {
        self.path = path
        self.routes = routes
        methods = Self.allowed(by: routes)
        needsPairing = routes.contains { $0.needsPairing }
    }

    /// `methods` as a header's value.
    var allow: String { Self.list(methods) }

    /// The route that answers a method other than OPTIONS; nil for a method that is not allowed. HEAD is answered as
    /// GET is, and loses its body on the way out.
    func route(for method: HTTPRequest.Method) -> Route? {
        routes.first { $0.method == (method == .head ? .get : method) }
    }
}

extension Resource {
    /// The order of methods in `Allow`.
    private static let order: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    /// All resources, in the order of their first routes.
    static let all: [Resource] = {
        var paths: [String] = []
        for route in Route.all where !paths.contains(route.path) { paths.append(route.path) }
        return paths.map { path in Resource(path: path, routes: Route.all.filter { $0.path == path }) }
    }()

    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

    /// The resource at a request's path. One trailing slash is ignored.
    static func at(_ path: String) -> Resource? {
        let isSlashed = path.utf8.count > 2 && path.utf8.last == UInt8(ascii: "/")
        return byPath[isSlashed ? String(path.dropLast()) : path]
    }

    /// All methods that have a meaning anywhere, as a header's value.
    static let allowAnywhere = list(allowed(by: Route.all))

    private static func allowed(by routes: [Route]) -> [HTTPRequest.Method] {
        var methods = Set(routes.map(\.method)).union([.options])
        if methods.contains(.get) { methods.insert(.head) }
        return order.filter(methods.contains)
    }

    private static func list(_ methods: [HTTPRequest.Method]) -> String {
        methods.map(\.rawValue).joined(separator: ", ")
    }
}
