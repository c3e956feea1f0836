import Addresses
import Backlog
import CDatagrams
import Glibc
import Logging
import Loops
import STUN
import TURN
import Timing

@testable import RelayServer
@testable import TLS

/// What a test's loop does with messages: notes them, and answers as told.
struct TestReceiver: StreamReceiver, ~Copyable {
    var now = Clock.now()
    var outboxes: StreamOutboxes
    var messages: [[UInt8]] = []
    var routes: [ClientRoute] = []
    var closed: [FiveTuple] = []
    var holdsAllocations = false
    /// Sends every message back as it came.
    var echoes = false

    init(_ limits: StreamLimits) { outboxes = StreamOutboxes(limits) }

    mutating func relayFrame(_ frame: UnsafeMutableRawBufferPointer, from route: ClientRoute) {
        messages.append(Array(frame))
        routes.append(route)
        if echoes { outboxes.append(route.handle, Array(frame)) }
    }

    mutating func clientClosed(_ fiveTuple: FiveTuple) { closed.append(fiveTuple) }

    func holdsAllocation(_: FiveTuple) -> Bool { holdsAllocations }

    mutating func flush() {}
}

extension StreamOutboxes {
    mutating func append(_ handle: UInt32, _ bytes: [UInt8], padding: Int = 0) {
        bytes.withUnsafeBytes { memory in
            guard let start = memory.baseAddress else { return }
            append(
                handle,
                OutgoingFrame(payload: start, payloadByteCount: memory.count, paddingByteCount: padding))
        }
    }
}

/// A loop of stream clients without UDP, driven by the test turn by turn. Its time stands still but for ``pass(_:)``.
final class StreamFixture {
    private let poller: Poller
    var streams: StreamClients
    var path: TestReceiver
    let admission: StreamAdmission
    private(set) var address = TransportAddress(.loopbackIPv4, port: 0)
    /// - Parameter listens: whether it has a listener of its own.
    init(
        _ limits: StreamLimits = StreamLimits(), certificates: TLSCertificates? = nil,
        proxies: [IPRange] = [], budget: BufferBudget = BufferBudget(),
        listens: Bool = true
    ) throws {
        path = TestReceiver(limits)
        admission = StreamAdmission(limits)
        poller = try Poller()
        var listeners: [StreamListener] = []
        if listens {
            let listener = try StreamListener.open(address, transport: certificates == nil ? .tcp : .tls)
            address = listener.address
            listeners = [listener]
        }
        streams = StreamClients(
            limits, listeners: listeners, admission: admission, certificates: certificates,
            proxies: proxies, budget: budget)
        streams.register(poller.registry)
    }

    /// One turn of the loop: waits for at most so long.
    func turn(milliseconds: Int32 = 0) {
        let count = poller.wait(milliseconds: milliseconds)
        for index in 0..<count {
            let (tag, events) = poller.event(index)
            streams.handle(tag, events: events, path: &path)
        }
        streams.write(path: &path)
        streams.expire(path: &path)
    }

    /// Turns until something is true; false if it does not become true in 30 seconds.
    func turns(_ condition: () throws -> Bool) rethrows -> Bool {
        let end = Clock.now().advanced(bySeconds: 30)
        while Clock.now() < end {
            if try condition() { return true }
            turn(milliseconds: 5)
        }
        return try condition()
    }

    /// Lets time go by for deadlines.
    func pass(_ duration: Duration) { path.now = path.now.advanced(byNanoseconds: duration.wholeNanoseconds) }

    /// Writes whatever is appended by `body` as one turn does.
    func write(_ body: (inout StreamOutboxes) -> Void) {
        body(&path.outboxes)
        streams.write(path: &path)
    }

    /// Takes over a connection as the loop does with one that it finds in its mailbox.
    func adopt(_ stream: AdoptedStream) {
        streams.adopt(stream, path: &path)
        streams.write(path: &path)
    }

    /// Whether some client's bytes wait in memory.
    var memoryInUse: Bool { path.outboxes.memory.usedByteCount > 0 }

    func closeAll() { streams.close(path: &path) }

    func connect() throws -> TestConnection { try TestConnection(to: address) }
}

/// A client's non-blocking TCP socket.
final class TestConnection {
    let socket: Int32
    private(set) var isEnded = false

    init(to address: TransportAddress) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var remote = SocketAddress(address)
        guard socket >= 0, remote.withPointer({ Glibc.connect(socket, $0, $1.pointee) }) == 0 else {
            throw TestFailure("connect")
        }
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    deinit { Glibc.close(socket) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Int { Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// What has come; notes the end.
    func receive(_ limit: Int = 1 << 20) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(socket, &bytes, bytes.count, 0)
        if count == 0 || (count < 0 && errno != EAGAIN) { isEnded = true }
        return Array(bytes.prefix(max(0, count)))
    }

    func endWriting() { shutdown(socket, Int32(SHUT_WR)) }

    var localAddress: TransportAddress? {
        var address = SocketAddress()
        return address.withPointer { getsockname(socket, $0, $1) } == 0 ? address.transportAddress : nil
    }
}

/// A Binding request, and what else tests send.
enum TestMessage {
    static func binding(_ number: UInt8 = 0, byteCount: Int = 0) -> [UInt8] {
        [0, 1, UInt8(byteCount >> 8), UInt8(byteCount & 0xFF), 0x21, 0x12, 0xA4, 0x42]
            + [UInt8](repeating: number, count: 12 + byteCount)
    }

    static func channelData(_ count: Int, _ byte: UInt8 = 7) -> [UInt8] {
        [0x40, 0x01, UInt8(count >> 8), UInt8(count & 0xFF)] + [UInt8](repeating: byte, count: count)
    }

    static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: -bytes.count & 3)
    }
}
