/// The system refuses something that a loop cannot do without.
package struct LoopError: Error, Equatable {
    /// The operation that it refused.
    package enum Resource: String, Sendable {
        case poller, thread, mailbox
    }

    package let resource: Resource
    /// errno(3) of the call.
    package let errno: Int32

    /// A call that failed with this number.
    package init(_ resource: Resource, errno: Int32) {
        self.resource = resource
        self.errno = errno
    }
}
