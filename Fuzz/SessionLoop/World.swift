import Addresses
import Backlog
import Glibc
import Loops
import Signaling
import Synchronization
import Timing

@testable import SessionLoops

/// Two loops and their clients.
struct World: ~Copyable {
    private static let clientCount = 4

    private final class Ended: Sendable {
        let count = Atomic<Int>(0)
    }

    private var first: SessionLoop
    private var second: SessionLoop
    private let handles: [SessionLoopHandle]
    private let tally = SessionTally()
    private let ended = Ended()
    private var opened = 0
    private var clients: [Receiver] = []

    /// Nil when the system has no descriptors left.
    init?() {
        let handles = (0..<2).compactMap { _ in try? SessionLoopHandle() }
        guard handles.count == 2, let first = Self.loop(0, handles, tally, ended),
            let second = Self.loop(1, handles, tally, ended)
        else { return nil }
        self.handles = handles
        self.first = first
        self.second = second
        for _ in 0..<Self.clientCount { clients.append(connect()) }
    }

    private static func loop(
        _ number: Int, _ handles: [SessionLoopHandle], _ tally: SessionTally, _ ended: Ended
    ) -> SessionLoop? {
        guard let poller = try? Poller(), let ticker = try? Ticker(intervalNanoseconds: 1_000_000) else {
            return nil
        }
        let settings = SessionSettings(
            rules: SignalingRules(),
            bounds: SessionBounds(
                messages: .init(perSecond: 1_000, burst: 1_000), joins: .init(perSecond: 1_000, burst: 1_000),
                liveness: .init(pingInterval: .milliseconds(3), pingTimeout: .milliseconds(3)),
                writeTimeout: .milliseconds(5), maxHeldBytes: 4_096, asksStore: number == 2),
            outboxBound: OutboxBound(maxBytes: 4_096), maxMessageBytes: 2_048, probeTimeout: .milliseconds(1),
            probeInterval: .milliseconds(1))
        return SessionLoop(
            number: number, settings: settings,
            services: SessionServices(ended: { _ in ended.count.add(1, ordering: .relaxed) }),
            handles: handles,
            tally: tally, budget: BufferBudget(maxBytes: 8_192), poller: poller, ticker: ticker)
    }

    // MARK: The script

    mutating func play(_ step: UInt8, _ script: inout Script) {
        let index = Int(step) % Self.clientCount
        switch step / 4 % 8 {
        case 0: clients[index].send(script.take(Int(script.next() ?? 0)))
        case 1: clients[index].send(Self.frame(0x81, script.take(Int(script.next() ?? 0))))
        case 2:
            clients[index].send(Self.frame(script.next() ?? 0x89, script.take(Int(script.next() ?? 0) % 130)))
        case 3:
            let room = (script.next() ?? 0) % 5
            clients[index].send(Self.frame(0x81, Array(#"{"type":"join_room","roomId":"\#(room)"}"#.utf8)))
            // Often in one piece with what comes next.
            if step >= 128 { return }
        case 4:
            let label = String(repeating: "x", count: Int(script.next() ?? 0) * 8)
            clients[index].send(
                Self.frame(
                    0x81, Array(#"{"type":"ice_candidate","candidate":{"candidate":"\#(label)"}}"#.utf8)))
        case 5: clients[index].isReading.toggle()
        case 6: clients[index].halfClose()
        default:
            clients[index].close()
            clients[index] = connect()
        }
        turn()
    }

    mutating func end() {
        for index in clients.indices { clients[index].close() }
        var turns = 0
        while tally.count > 0 {
            turn()
            turns += 1
            expect(turns < 20_000, "\(tally.count) sessions are left")
        }
        // What loops still have to say to each other.
        for _ in 0..<4 { turn() }
        expectEqual(ended.count.load(ordering: .relaxed), opened, "connections given back")
        for handle in handles { expectEqual(handle.roomCount.load(ordering: .relaxed), 0, "rooms left") }
        first.closeAll()
        second.closeAll()
    }

    private mutating func turn() {
        // A question to the other loop and its answer take a turn each.
        for _ in 0..<3 {
            first.turn(waiting: 0)
            second.turn(waiting: 0)
        }
        for index in clients.indices { clients[index].read() }
    }

    private mutating func connect() -> Receiver {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &ends) { pair in
            pair.withMemoryRebound(to: Int32.self, capacity: 2) {
                socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, $0)
            }
        }
        guard result == 0 else { return Receiver(socket: -1) }
        // Little room, so that clients that do not read are met with full sockets.
        StreamSocket.set(ends.0, SOL_SOCKET, SO_SNDBUF, 4_608)
        var generator = SystemRandomNumberGenerator()
        let client = SessionClient(
            socket: ends.0, address: nil, tls: nil, participant: Participant(id: ClientID(using: &generator)),
            now: Clock.now())
        tally.opened()
        opened += 1
        handles[opened % 2].queue.post(.take(SessionParcel(client, .open(response: []))))
        return Receiver(socket: ends.1)
    }

    /// A masked frame that is as the header's first byte says.
    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes = [first]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        bytes += [0, 0, 0, 0]
        return bytes + payload
    }
}
