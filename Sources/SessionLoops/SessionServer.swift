package import Addresses
package import Backlog
import Glibc
package import Loops
package import Signaling
import Synchronization
package import TLS
import Timing

/// WebSocket sessions on loops: threads of their own, each with its own rooms.
package final class SessionServer: Sendable {
    private let settings: SessionSettings
    private let services: SessionServices
    private let handles: [SessionLoopHandle]
    private let tally = SessionTally()
    private let budget: BufferBudget
    private let threads = Mutex<[LoopThread]>([])
    private let nextLoop = Atomic<Int>(0)

    /// - Parameters:
    ///   - loops: from 1 up.
    ///   - budget: how much may wait in memory, shared with all other parts that have clients.
    /// - Throws: when the system has no descriptors left.
    package init(
        loops: Int, settings: SessionSettings, services: SessionServices, budget: BufferBudget
    ) throws(LoopError) {
        self.settings = settings
        self.services = services
        self.budget = budget
        var handles: [SessionLoopHandle] = []
        for _ in 0..<max(1, loops) { handles.append(try SessionLoopHandle()) }
        self.handles = handles
    }

    /// Starts the threads; ``stop()`` ends them.
    package func start() throws(LoopError) {
        do throws(LoopError) {
            for number in handles.indices {
                let poller = try Poller()
                let ticker = try Ticker(intervalNanoseconds: SessionLoop.tickNanoseconds)
                let loop = SessionLoop(
                    number: number, settings: settings, services: services, handles: handles, tally: tally,
                    budget: budget, poller: poller, ticker: ticker)
                let thread = try LoopThread(loop)
                threads.withLock { $0.append(thread) }
            }
        } catch {
            stop()
            throw error
        }
    }

    /// Closes all connections and waits for the loops, some milliseconds.
    package func stop() {
        for handle in handles { handle.queue.post(.stop) }
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
    }

    /// Takes over a connection whose handshake was accepted: sends `response` and the greeting, and serves it to its end.
    /// May be called from any thread; does not block.
    ///
    /// - Parameters:
    ///   - socket: connected, with the options that a stream's socket has (``StreamSocket``); belongs to the loops from now on.
    ///   - address: what it counts as; told to ``SessionServices/ended`` at its end.
    ///   - tls: its session with a complete handshake, detached; nil for plain TCP.
    ///   - response: to the handshake.
    ///   - received: the bytes that have come behind the request, decrypted.
    package func adopt(
        socket: Int32, address: AddressKey?, tls: consuming TLSSession?, response: [UInt8], received: [UInt8]
    ) {
        var generator = SystemRandomNumberGenerator()
        var client = SessionClient(
            socket: socket, address: address, tls: tls,
            participant: Participant(id: ClientID(using: &generator)),
            now: Clock.now())
        client.kept = received
        tally.opened()
        let turn = nextLoop.add(1, ordering: .relaxed).oldValue
        let loop = handles[Int(UInt(bitPattern: turn) % UInt(handles.count))]
        if !loop.queue.post(.take(SessionParcel(client, .open(response: response)))) {
            tally.closed()
            services.ended(address)
        }
    }

    /// Sessions open now.
    package var sessionCount: Int { tally.count }

    /// Live rooms.
    package var roomCount: Int { handles.reduce(0) { $0 + $1.roomCount.load(ordering: .relaxed) } }

    /// At most `limit` live rooms, in no order.
    package func rooms(limit: Int) async -> [RoomSummary] {
        var rooms: [RoomSummary] = []
        for handle in handles where rooms.count < limit {
            let left = limit - rooms.count
            rooms += await withCheckedContinuation { continuation in
                let isPosted = handle.queue.post(
                    .listRooms(limit: left) { continuation.resume(returning: $0) })
                if !isPosted { continuation.resume(returning: []) }
            }
        }
        return rooms
    }

    /// Has every session close with 1001, spread over `time`; ``sessionCount`` says when they have.
    package func drain(over time: Duration) {
        for handle in handles { handle.queue.post(.drain(time)) }
    }
}
