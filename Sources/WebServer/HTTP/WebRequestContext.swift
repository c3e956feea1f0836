package import Hummingbird
package import Logging
import Synchronization

/// What a context is made from.
package struct WebRequestSource: RequestContextSource {
    /// The logger of the request.
    package let logger: Logger
    /// Who sent it.
    package let origin: ClientOrigin

    /// Makes a source.
    package init(logger: Logger, origin: ClientOrigin) {
        self.logger = logger
        self.origin = origin
    }
}

/// What accompanies a request through the routes.
package struct WebRequestContext: RequestContext {
    package typealias Source = WebRequestSource

    package var coreContext: CoreRequestContextStorage
    /// Who sent the request, for limits.
    package let origin: ClientOrigin
    /// Set once the body is being read: Hummingbird's body can be read only once.
    let isBodyTouched = Flag()

    package init(source: WebRequestSource) {
        coreContext = CoreRequestContextStorage(source: source)
        origin = source.origin
    }
}

/// A switch that goes on once, shared by the copies of a context.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    /// Sets the flag; true when this call did it.
    @discardableResult
    func set() -> Bool { !value.exchange(true, ordering: .relaxed) }
}
