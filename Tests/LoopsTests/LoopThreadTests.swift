import Synchronization
import Testing

@testable import Loops

/// A loop that adds up the numbers it is sent, until it gets a negative one.
private struct AddingLoop: ThreadLoop, ~Copyable {
    let poller: Poller
    let queue: CommandQueue<Int>
    let result: Result

    final class Result: Sendable {
        let sum = Mutex(0)
    }

    var threadName: String { "adding" }

    init(_ queue: CommandQueue<Int>, _ result: Result) throws {
        poller = try Poller()
        self.queue = queue
        self.result = result
        poller.registry.watch(
            queue.descriptor, tag: PollTag(rawKind: 3, index: 9), events: PollRegistry.edgeTriggeredInput)
    }

    mutating func run() {
        var isRunning = true
        while isRunning {
            for index in 0..<poller.wait(milliseconds: -1)
            where poller.event(index).tag == PollTag(rawKind: 3, index: 9) {
                for number in queue.take() {
                    if number < 0 { isRunning = false } else { result.sum.withLock { $0 += number } }
                }
            }
        }
        _ = queue.close()
    }
}

@Suite struct LoopThreadTests {
    @Test func `A loop gets every command of every thread, and ends when one says so`() async throws {
        let queue = try CommandQueue<Int>()
        let result = AddingLoop.Result()
        let thread = try LoopThread(try AddingLoop(queue, result))
        await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { for number in 1...1_000 { queue.post(number) } } }
        }
        queue.post(-1)
        thread.join()
        #expect(result.sum.withLock { $0 } == 4 * 500_500)
        #expect(!queue.post(1))
    }

    @Test func `Commands that a closed queue holds are given up with what they own`() throws {
        final class Owned: Sendable {}
        let queue = try CommandQueue<Owned>()
        weak var owned: Owned?
        do {
            let command = Owned()
            owned = command
            #expect(queue.post(command))
        }
        #expect(owned != nil)
        _ = queue.close()
        #expect(owned == nil)
    }

    @Test func `A tag keeps its three parts, the generation cut to 24 bits`() {
        let tag = PollTag(rawKind: 0xAB, index: 0xFFFF_FFFE, generation: 0x1AB_CDEF)
        #expect(tag.rawKind == 0xAB)
        #expect(tag.index == 0xFFFF_FFFE)
        #expect(tag.generation == 0xAB_CDEF)
        #expect(PollTag(bits: tag.bits) == tag)
    }
}
