import Addresses
import CDatagrams
import Glibc
import Loops
import STUN
import TURN
import Timing

/// A socket with which the relay tests itself; its reader waits. UDP, or a stream if UDP is not served.
final class SelfTestSocket {
    let isStream: Bool
    private let descriptor: Int32
    /// Bytes that have come over a stream and are not a whole message yet.
    private var pending: [UInt8] = []
    private let framer = StreamFramer(maxBytes: 2_048)

    /// Takes over a stream that is connected and does not block.
    init(stream descriptor: Int32) {
        isStream = true
        self.descriptor = descriptor
    }

    /// Connects to a listener; nil if that fails within the time.
    init?(_ server: TransportAddress, isStream: Bool, timeout: Duration) {
        self.isStream = isStream
        let kind = isStream ? SOCK_STREAM : SOCK_DGRAM
        let domain = server.family == .ipv4 ? AF_INET : AF_INET6
        descriptor = socket(
            domain, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = SocketAddress(server)
        let status = address.withPointer { connect(descriptor, $0, $1.pointee) }
        guard status == 0 || (errno == EINPROGRESS && wait(for: POLLOUT, until: Clock.now() + timeout)) else {
            return nil
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends a whole message; what does not fit into the kernel's buffer is lost, and the test fails.
    func write(_ message: [UInt8]) {
        _ = message.withUnsafeBytes {
            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// The next message; nil if none comes in time or the connection ends.
    func read(until deadline: MonotonicTime) -> [UInt8]? {
        while true {
            if isStream, let message = takeMessage() { return message }
            guard wait(for: POLLIN, until: deadline) else { return nil }
            var buffer = [UInt8](repeating: 0, count: 2_048)
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            if !isStream { return Array(buffer[..<count]) }
            pending += buffer[..<count]
            guard pending.count <= 16_384 else { return nil }
        }
    }

    private func takeMessage() -> [UInt8]? {
        guard
            case .message(let byteCount) = pending.withUnsafeBytes({ framer.next($0.bytes) })
        else { return nil }
        defer { pending.removeFirst(byteCount) }
        return Array(pending[..<byteCount])
    }

    private func wait(for events: Int32, until deadline: MonotonicTime) -> Bool {
        let now = Clock.now()
        guard now < deadline else { return false }
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let milliseconds = Int32(clamping: (deadline.nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
        return poll(&entry, 1, milliseconds) > 0
    }
}
