import Testing
import Timing

private final class Target: DeadlineTarget {
    var deadlinePlace = DeadlinePlace()
    let name: Int
    init(_ name: Int) { self.name = name }
    func deadlineReached(at now: MonotonicTime) {}
}

@Suite("The deadline heap")
struct DeadlineHeapTests {
    private func at(_ time: Int) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(time)) }

    @Test("gives targets out in the order of their deadlines, each once, moved and removed ones included")
    func order() {
        var heap = DeadlineHeap()
        let targets = (0..<500).map(Target.init)
        var expected: [Int: Int] = [:]
        var seed: UInt64 = 42
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        for _ in 0..<5_000 {
            let target = targets[random(targets.count)]
            if random(4) == 0 {
                heap.remove(target)
                expected[target.name] = nil
            } else {
                let deadline = random(10_000)
                heap.set(target, to: at(deadline))
                expected[target.name] = deadline
            }
        }
        #expect(heap.count == expected.count)
        var last = -1
        while let target = heap.popDue(at: at(10_000)) as? Target {
            let deadline = expected.removeValue(forKey: target.name)
            #expect(deadline != nil)
            #expect(last <= deadline ?? -1)
            last = deadline ?? last
        }
        #expect(expected.isEmpty)
        #expect(heap.count == 0)
    }

    @Test("gives nothing out before its time")
    func early() {
        var heap = DeadlineHeap()
        let target = Target(1)
        heap.set(target, to: at(10))
        #expect(heap.popDue(at: at(9)) == nil)
        #expect(heap.popDue(at: at(10)) === target)
        #expect(target.deadlinePlace.deadline == .distantFuture)
    }
}
