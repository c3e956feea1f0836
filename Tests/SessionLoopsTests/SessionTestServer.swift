import Addresses
import Backlog
import Glibc
import Loops
import Signaling
import Synchronization
import Timing

@testable import SessionLoops

/// Sessions on loops, with clients at the other ends of socket pairs.
final class SessionTestServer: Sendable {
    /// What the loops have told the rest of the server.
    struct Told: Sendable {
        var ended: [AddressKey?] = []
        var counters: [SessionCounters] = []
        var questions: [(room: LiveRoomID, answer: @Sendable (Bool?) -> Void)] = []
    }

    static let address = AddressKey(IPAddress(v4: 0x0A00_0001))

    let server: SessionServer
    let told: Told.Box

    init(
        loops: Int = 2, asksStore: Bool = false, pingInterval: Duration = .seconds(25),
        probeTimeout: Duration = .seconds(2), maxOutboxBytes: Int = 1 << 20,
        budget: BufferBudget = BufferBudget()
    ) throws {
        let told = Told.Box()
        self.told = told
        server = try SessionServer(
            loops: loops,
            settings: SessionSettings(
                rules: SignalingRules(),
                bounds: SessionBounds(
                    messages: .init(perSecond: 1_000_000, burst: 1_000_000),
                    joins: .init(perSecond: 1_000_000, burst: 1_000_000),
                    liveness: .init(pingInterval: pingInterval, pingTimeout: .seconds(10)),
                    writeTimeout: .seconds(5), maxHeldBytes: maxOutboxBytes, asksStore: asksStore),
                outboxBound: OutboxBound(maxBytes: maxOutboxBytes), maxMessageBytes: 131_072,
                probeTimeout: probeTimeout, probeInterval: .milliseconds(100)),
            services: SessionServices(
                askStore: { room, answer in told.with { $0.questions.append((room, answer)) } },
                report: { counters in told.with { $0.counters.append(counters) } },
                ended: { address in told.with { $0.ended.append(address) } }),
            budget: budget)
        try server.start()
    }

    deinit { server.stop() }

    /// A new session; its client is at the other end.
    func connect(sending received: [UInt8] = []) throws -> TestClient {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &ends) { pair in
            pair.withMemoryRebound(to: Int32.self, capacity: 2) {
                socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0)
            }
        }
        guard result == 0 else { throw LoopError(.poller, errno: errno) }
        server.adopt(
            socket: ends.0, address: Self.address, tls: nil, response: Array("HTTP\r\n\r\n".utf8),
            received: received)
        return TestClient(socket: ends.1)
    }

    /// Waits until something is true, for at most half a minute.
    func eventually(_ isTrue: () async -> Bool) async -> Bool {
        let end = Clock.now().advanced(bySeconds: 30)
        while Clock.now() < end {
            if await isTrue() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

extension SessionTestServer.Told {
    final class Box: Sendable {
        private let state = Mutex(SessionTestServer.Told())

        func with<Result>(_ body: (inout SessionTestServer.Told) -> Result) -> Result {
            state.withLock { body(&$0) }
        }

        var endedCount: Int { with { $0.ended.count } }
    }
}
