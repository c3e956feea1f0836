import Addresses
import Glibc
import Timing

/// A socket with which the doctor tries something out. Blocking, with deadlines; closed with its last reference.
final class ProbeSocket {
    let descriptor: Int32
    private let transport: Endpoint.Transport

    /// Nil if the kernel has none to give, for a family that it does not know for instance.
    ///
    /// - Parameter isDualStack: whether one of IPv6 takes IPv4 too.
    init?(_ transport: Endpoint.Transport, _ family: IPAddress.Family, isDualStack: Bool = false) {
        let kind = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        descriptor = socket(
            family == .ipv4 ? AF_INET : AF_INET6, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.transport = transport
        guard descriptor >= 0 else { return nil }
        if family == .ipv6 { set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, isDualStack ? 0 : 1) }
    }

    /// One that a listener has accepted.
    private init(accepted descriptor: Int32) {
        self.descriptor = descriptor
        transport = .tcp
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// A socket on which this server could listen at the endpoint; nil as above.
    convenience init?(for endpoint: Endpoint) {
        self.init(endpoint.transport, endpoint.address.family, isDualStack: endpoint.isDualStack)
    }

    /// Whether a server could listen there: 0, or the error number. Lets go of the address at once.
    static func bindError(_ endpoint: Endpoint) -> Int32 {
        guard let socket = ProbeSocket(for: endpoint) else { return errno }
        return socket.listen(on: endpoint.address)
    }

    /// Binds, and for TCP listens: 0, or the error number.
    func listen(on address: TransportAddress) -> Int32 {
        if transport == .tcp { set(SOL_SOCKET, SO_REUSEADDR, 1) }
        let status = Self.withAddress(address) { bind(descriptor, $0, $1) }
        guard status == 0, transport == .udp || Glibc.listen(descriptor, 8) == 0 else { return errno }
        return 0
    }

    /// Connects: 0, or the error number, ETIMEDOUT if it takes longer.
    func connect(to address: TransportAddress, within limit: Duration) -> Int32 {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        defer { _ = fcntl(descriptor, F_SETFL, flags) }
        if Self.withAddress(address, { Glibc.connect(descriptor, $0, $1) }) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        guard isReady(for: POLLOUT, within: limit) else { return ETIMEDOUT }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        return error
    }

    /// Sends all of it or nothing.
    func write(_ bytes: [UInt8]) -> Bool {
        send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// The next bytes, at most 4 KiB; nil at the end or when the time is over.
    func read(within limit: Duration) -> [UInt8]? {
        guard isReady(for: POLLIN, within: limit) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    /// The next connection to a listener.
    func accept(within limit: Duration) -> ProbeSocket? {
        guard isReady(for: POLLIN, within: limit) else { return nil }
        let accepted = Glibc.accept(descriptor, nil, nil)
        return accepted >= 0 ? ProbeSocket(accepted: accepted) : nil
    }

    /// From now on reads and writes by others, OpenSSL for instance, give up after this.
    func setTimeout(_ limit: Duration) {
        var time = timeval(tv_sec: Int(limit.components.seconds), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private func isReady(for events: Int32, within limit: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, Int32(clamping: Int(limit.inSeconds * 1_000))) > 0
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The kernel's form of an address, by way of its text: that spares knowing how it is laid out.
    private static func withAddress(
        _ address: TransportAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.ip.description, String(address.port), &hints, &found) == 0 else {
            errno = EINVAL
            return -1
        }
        defer { freeaddrinfo(found) }
        guard let entry = found?.pointee, let name = entry.ai_addr else { return -1 }
        return body(name, entry.ai_addrlen)
    }
}
