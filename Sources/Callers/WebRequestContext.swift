package import Logging
import Synchronization

/// What accompanies a request through the routes.
package struct WebRequestContext: Sendable {
    /// The logger of the request.
    package let logger: Logger
    /// Who sent the request, for limits.
    package let origin: ClientOrigin
    /// Set once the body is being read: Hummingbird's body can be read only once.
    package let isBodyTouched = Flag()

    package init(logger: Logger, origin: ClientOrigin) {
        self.logger = logger
        self.origin = origin
    }
}

/// A switch that goes on once, shared by the copies of a context.
package final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    package init() {}

    package var isSet: Bool { value.load(ordering: .relaxed) }

    /// Sets the flag; true when this call did it.
    @discardableResult
    package func set() -> Bool { !value.exchange(true, ordering: .relaxed) }
}
