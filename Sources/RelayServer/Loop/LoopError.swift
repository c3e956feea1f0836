/// The system refuses something that a loop cannot do without.
struct LoopError: Error, Equatable {
    /// The operation that it refused.
    enum Resource: String, Sendable {
        case poller, thread, mailbox
    }

    let resource: Resource
    let errno: Int32

    init(_ resource: Resource, errno: Int32) {
        self.resource = resource
        self.errno = errno
    }
}
