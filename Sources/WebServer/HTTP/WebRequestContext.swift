import Logging
import Synchronization

/// What accompanies a request through the routes.
struct WebRequestContext: Sendable {
    /// The logger of the request.
    let logger: Logger
    /// Who sent the request, for limits.
    let origin: ClientOrigin
    /// Set once the body is being read: Hummingbird's body can be read only once.
    let isBodyTouched = Flag()
}

/// A switch that goes on once, shared by the copies of a context.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    /// Sets the flag; true when this call did it.
    @discardableResult
    func set() -> Bool { !value.exchange(true, ordering: .relaxed) }
}
