import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1

/// Stands before all routes: knows which paths and methods exist, answers with the pages where no route is, turns
/// whatever a route throws into an answer, adds CORS headers and counts. No error text of a library gets past it.
struct RefusalMiddleware: RouterMiddleware {
    typealias Context = WebRequestContext

    let cors: CORSPolicy
    let isPairingOn: Bool
    let pages: WebPages?
    let metrics: HTTPMetrics
    let failures: LogThrottle

    func handle(
        _ request: Request, context: WebRequestContext,
        next: (Request, WebRequestContext) async throws -> Response
    ) async throws -> Response {
        let endpoint = Endpoint(path: request.uri.path)
        var response: Response
        do {
            response = try await answer(request, context, endpoint, next)
        } catch let error as APIError {
            metrics.refused(error)
            response = error.response
        } catch let error where error is ConnectionLost || error is HTTPParserError {
            throw error
        } catch {
            metrics.refused(APIError.internal)
            // Only its type: the text of a foreign error may hold anything.
            failures.log(context.logger, "A request failed", ["error": "\(type(of: error))"])
            response = APIError.internal.response
        }
        cors.decorate(&response, for: request)
        metrics.answered(endpoint, response.status)
        return response
    }

    private func answer(
        _ request: Request, _ context: WebRequestContext, _ endpoint: Endpoint?,
        _ next: (Request, WebRequestContext) async throws -> Response
    ) async throws -> Response {
        if request.head.path == "*", request.method == .options { return cors.optionsOfServer() }
        guard let endpoint else {
            guard let page = pages?.answer(to: request, isLocal: context.origin.isLocal) else {
                throw APIError.notFound
            }
            return page
        }
        if request.method == .options { return cors.preflight(endpoint) }
        if endpoint.needsPairing, !isPairingOn { throw APIError.pairingDisabled }
        guard endpoint.methods.contains(request.method) else {
            throw APIError.methodNotAllowed(endpoint.allow)
        }
        return try await next(request, context)
    }
}
