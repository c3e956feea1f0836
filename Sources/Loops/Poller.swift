public import CDatagrams
import Glibc

/// An epoll instance and the events of its last wait.
@usableFromInline
package struct Poller: ~Copyable {
    /// Events taken at once; the others come with the next wait.
    @inlinable static var eventCapacity: Int { 256 }

    /// Where sockets are registered.
    @usableFromInline package let registry: PollRegistry
    @usableFromInline let events: UnsafeMutablePointer<epoll_event>

    /// - Throws: when the system has no descriptor left.
    package init() throws(LoopError) {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw LoopError(.poller, errno: errno) }
        registry = PollRegistry(descriptor: descriptor)
        events = .allocate(capacity: Self.eventCapacity)
        events.initialize(repeating: epoll_event(), count: Self.eventCapacity)
    }

    deinit {
        events.deallocate()
        close(registry.descriptor)
    }

    /// Waits for readiness.
    ///
    /// - Parameter milliseconds: -1 waits without end, 0 not at all.
    /// - Returns: how many events there are; 0 at the end of the time or when a signal interrupts.
    @inlinable
    package func wait(milliseconds: Int32) -> Int {
        max(0, Int(epoll_wait(registry.descriptor, events, Int32(Self.eventCapacity), milliseconds)))
    }

    /// An event of the last wait.
    @inlinable
    package func event(_ index: Int) -> (tag: PollTag, events: UInt32) {
        (PollTag(bits: events[index].data.u64), events[index].events)
    }
}

/// The sockets a poller watches. Valid as long as the poller; used on its thread.
@usableFromInline
package struct PollRegistry: BitwiseCopyable {
    /// Nothing but errors.
    @inlinable package static var none: UInt32 { 0 }
    /// Something to read, reported until it is read.
    @inlinable package static var input: UInt32 { EPOLLIN.rawValue }
    /// Room to write, reported as long as there is.
    @inlinable package static var output: UInt32 { EPOLLOUT.rawValue }
    /// An error or something in the error queue; reported whether asked for or not.
    @inlinable package static var error: UInt32 { EPOLLERR.rawValue }
    /// The other side has closed its direction.
    @inlinable package static var inputEnd: UInt32 { EPOLLRDHUP.rawValue }
    /// The connection is broken, or closed both ways; reported whether asked for or not.
    @inlinable package static var failure: UInt32 { EPOLLERR.rawValue | EPOLLHUP.rawValue }
    /// The other side has closed, one way or both; the latter is reported whether asked for or not.
    @inlinable package static var hangUp: UInt32 { EPOLLRDHUP.rawValue | EPOLLHUP.rawValue }
    /// Reports each write to an eventfd, which then need not be read.
    @inlinable package static var edgeTriggeredInput: UInt32 { EPOLLIN.rawValue | EPOLLET.rawValue }

    @usableFromInline let descriptor: Int32

    /// Reports a socket's readiness under a tag from now on.
    @discardableResult
    package func watch(_ socket: Int32, tag: PollTag, events: UInt32 = PollRegistry.input) -> Bool {
        control(EPOLL_CTL_ADD, socket, tag, events)
    }

    /// Changes what a watched socket reports.
    @discardableResult
    package func change(_ socket: Int32, tag: PollTag, events: UInt32) -> Bool {
        control(EPOLL_CTL_MOD, socket, tag, events)
    }

    /// Reports a socket no longer; closing it does the same.
    package func forget(_ socket: Int32) {
        _ = control(EPOLL_CTL_DEL, socket, PollTag(bits: 0), 0)
    }

    private func control(_ operation: Int32, _ socket: Int32, _ tag: PollTag, _ events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.u64 = tag.bits
        return epoll_ctl(descriptor, operation, socket, &event) == 0
    }
}
