import Callers
import HTTPTypes
import HummingbirdCore
import Logging
import Logs

/// Answers requests by the table of routes, and with the pages where no route is. It turns whatever a route throws into
/// an answer, adds CORS headers and counts. No error text of a library gets past it.
struct RouteResponder: Sendable {
    let operation: OperationRoutes
    /// Nil while pairing is off.
    let pairing: PairingHandlers?
    let limiters: RouteLimiters
    let cors: CORSPolicy
    let pages: WebPages?
    let metrics: HTTPMetrics
    let failures: LogThrottle

    /// Throws only when there is nobody left to answer.
    func respond(to request: Request, context: WebRequestContext) async throws -> Response {
        let resource = Resource.at(request.uri.path)
        var response: Response
        do {
            response = try await answer(request, context, resource)
        } catch let error as APIError {
            metrics.refused(error)
            response = error.response
        } catch let lost as ConnectionLost {
            // What serves the connection knows what its own error means.
            throw lost.cause ?? lost
        } catch {
            metrics.refused(APIError.internal)
            // Only its type: the text of a foreign error may hold anything.
            failures.log(context.logger, "A request failed", ["error": "\(type(of: error))"])
            response = APIError.internal.response
        }
        cors.decorate(&response, for: request)
        metrics.answered(resource, response.status)
        return response
    }

    private func answer(
        _ request: Request, _ context: WebRequestContext, _ resource: Resource?
    ) async throws -> Response {
        if request.head.path == "*", request.method == .options { return cors.optionsOfServer() }
        guard let resource else {
            guard let page = pages?.answer(to: request, isLocal: context.origin.isLocal) else {
                throw APIError.notFound
            }
            return page
        }
        if request.method == .options { return cors.preflight(resource) }
        if resource.needsPairing, pairing == nil { throw APIError.pairingDisabled }
        guard let route = resource.route(for: request.method) else {
            throw APIError.methodNotAllowed(resource.allow)
        }
        switch route.handler {
        case .page(let answer): return try await answer(operation, request, context)
        case .call(let call, let answer):
            guard let pairing else { throw APIError.pairingDisabled }
            return try await metrics.counting(call) {
                try limiters.take(route, context.origin)
                return try await answer(pairing, request, context)
            }
        }
    }
}

/// The limits of all routes, each counted once for the routes that share it.
struct RouteLimiters: Sendable {
    private let byReason: [RateLimitReason: SharedRateLimiter]

    init(_ configuration: WebAPIConfiguration) {
        let limits = Route.all.compactMap(\.limit).map { limit in
            (limit.reason, SharedRateLimiter(perMinute: limit.perMinute(configuration)))
        }
        byReason = Dictionary(limits) { first, _ in first }
    }

    /// Takes one call of a route for this origin, or refuses it.
    func take(_ route: Route, _ origin: ClientOrigin) throws(APIError) {
        guard let reason = route.limit?.reason, let wait = byReason[reason]?.take(origin) else { return }
        throw .rateLimited(reason, retryAfter: wait)
    }
}
