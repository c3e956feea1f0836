import Glibc

/// The options of a connected TCP socket that a loop serves. A descriptor belongs to the caller.
package enum StreamSocket {
    /// Data that the kernel may hold unsent for one client. Further data waits in the outbox, where it can be
    /// bounded (tcp(7), TCP_NOTSENT_LOWAT).
    package static let unsentBytes: Int32 = 128 << 10

    /// Small writes leave at once, and the kernel holds little of what it cannot send. Connections inherit what is set
    /// on their listener.
    package static func setOptions(_ descriptor: Int32) {
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, unsentBytes)
    }

    /// Calls on it return at once, and other programs do not inherit it: what `accept4` does for a socket of a loop's own
    /// listener.
    package static func makeNonBlocking(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Sets an option that is a number.
    @discardableResult
    package static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }
}
