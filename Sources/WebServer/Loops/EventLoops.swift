import Backlog
import NIOCore
import NIOPosix

/// The event loops of the server, each with its own context and its ticker.
final class EventLoops: Sendable {
    private static let secondTick = TimeAmount.seconds(1)

    /// Each context is touched on its own loop only; the table itself never changes.
    private let contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>]
    private let loops: [any EventLoop]
    private let tickers: [RepeatedTask]

    /// Makes each loop's context on the loop and starts the tickers; ``stop()`` ends them.
    ///
    /// - Parameter everySecond: called by each loop once a second.
    init(
        _ group: MultiThreadedEventLoopGroup, budget: BufferBudget,
        everySecond: @escaping @Sendable () -> Void
    ) async throws {
        var contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>] = [:]
        var tickers: [RepeatedTask] = []
        loops = Array(group.makeIterator())
        for loop in loops {
            let bound = try await loop.submit {
                NIOLoopBound(LoopContext(eventLoop: loop, budget: budget), eventLoop: loop)
            }.get()
            contexts[ObjectIdentifier(loop)] = bound
            tickers.append(
                loop.scheduleRepeatedTask(initialDelay: LoopContext.tick, delay: LoopContext.tick) { _ in
                    bound.value.fireDeadlines()
                    bound.value.keepBudget()
                })
            tickers.append(
                loop.scheduleRepeatedTask(initialDelay: Self.secondTick, delay: Self.secondTick) { _ in
                    everySecond()
                })
        }
        self.contexts = contexts
        self.tickers = tickers
    }

    func stop() { tickers.forEach { $0.cancel() } }

    /// What the connections of a loop share; nil for a loop of others. On that loop only.
    func context(of loop: any EventLoop) -> LoopContext? { contexts[ObjectIdentifier(loop)]?.value }

    /// Something that each loop has of its own, made on it.
    func onEach<Own>(
        _ make: @escaping @Sendable (any EventLoop) -> Own
    ) async throws -> [ObjectIdentifier: NIOLoopBound<Own>] {
        var made: [ObjectIdentifier: NIOLoopBound<Own>] = [:]
        for loop in loops {
            made[ObjectIdentifier(loop)] = try await loop.submit {
                NIOLoopBound(make(loop), eventLoop: loop)
            }.get()
        }
        return made
    }

    /// Closes the connections that are not sessions. Those with an open request close after its answer, unless
    /// `atOnce`.
    func closeConnections(atOnce: Bool) async {
        for loop in loops {
            guard let context = contexts[ObjectIdentifier(loop)] else { continue }
            try? await loop.submit {
                context.value.members.elements.forEach { $0.drain(atOnce: atOnce) }
            }.get()
        }
    }
}
