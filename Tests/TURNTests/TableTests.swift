import STUN
import Testing

@testable import TURN

@Suite("Tables, heap and pool")
struct TableTests {
    @Test("The index table does what a dictionary does, through growth, deletion and shrinking")
    func indexTable() {
        var random = SecretRandom(seed: 3)
        var table = IndexTable()
        var model: [UInt32: UInt32] = [:]
        // Few hashes, so that chains are long and wrap around.
        func hash(_ index: UInt32) -> UInt32 { index % 97 &* 0x0101_0101 }
        for step in 0..<60_000 {
            let index = UInt32.random(in: 0..<(step % 20_000 < 10_000 ? 600 : 40), using: &random)
            if model[index] == nil, Bool.random(using: &random) {
                table.insert(hash(index), index)
                model[index] = hash(index)
            } else if model[index] != nil {
                table.remove(hash(index), index)
                model[index] = nil
            } else {
                table.remove(hash(index), index)
            }
            if step % 500 == 0 {
                #expect(table.count == model.count)
                for other in UInt32(0)..<600 {
                    #expect(table.find(hash(other)) { $0 == other } == (model[other] == nil ? nil : other))
                }
            }
        }
    }

    @Test("The heap gives deadlines in order, moves them both ways and forgets")
    func heap() {
        var random = SecretRandom(seed: 4)
        var heap = DeadlineHeap()
        var model: [UInt32: UInt64] = [:]
        for _ in 0..<20_000 {
            let index = UInt32.random(in: 0..<300, using: &random)
            let deadline = UInt64.random(in: 1...1000, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                heap.remove(index)
                model[index] = nil
            case 1:
                heap.bringForward(index, to: Instant(nanoseconds: deadline))
                model[index] = min(model[index] ?? .max, deadline)
            default:
                heap.set(index, to: Instant(nanoseconds: deadline))
                model[index] = deadline
            }
            #expect(heap.count == model.count)
            #expect(heap.first?.deadline.nanoseconds == model.values.min())
        }
        var last: UInt64 = 0
        while let first = heap.first {
            #expect(first.deadline.nanoseconds >= last && model[first.index] == first.deadline.nanoseconds)
            last = first.deadline.nanoseconds
            heap.remove(first.index)
        }
    }

    @Test("Ports are drawn once, rest, and come back")
    func pool() {
        var random = SecretRandom(seed: 5)
        var pool = PortPool(range: 50_000...50_099, restSeconds: 120)
        var now = Instant(nanoseconds: 0)
        var ports: Set<UInt16> = []
        while let port = pool.draw(at: now, using: &random) { #expect(ports.insert(port).inserted) }
        #expect(ports.count == 100)
        pool.giveBack(50_007, at: now)
        pool.giveBack(50_007, at: now)
        pool.giveBack(1, at: now)
        #expect(pool.draw(at: now, using: &random) == nil)
        now = now.advanced(bySeconds: 120)
        #expect(pool.freeCount(at: now) == 1)
        #expect(pool.drawEven(withNext: false, at: now, using: &random) == nil)
        #expect(pool.draw(at: now, using: &random) == 50_007)
    }

    @Test("Even ports are found wherever they are; at the end of the range there is no next one")
    func evenPorts() {
        var random = SecretRandom(seed: 6)
        var pool = PortPool(range: 65_533...65_535, restSeconds: 120)
        let now = Instant(nanoseconds: 0)
        #expect(pool.drawEven(withNext: true, at: now, using: &random) == 65_534)
        #expect(pool.drawEven(withNext: true, at: now, using: &random) == nil)
        var last = PortPool(range: 65_534...65_534, restSeconds: 120)
        #expect(last.drawEven(withNext: true, at: now, using: &random) == nil)
        #expect(last.drawEven(withNext: false, at: now, using: &random) == 65_534)
    }

    @Test("An owner at a port survives its packing")
    func owner() throws {
        let owner = RelayedOwner(loop: 15, allocation: AllocationID(index: 0xFF_FFFF, generation: .max))
        #expect(RelayedOwner(packed: owner.packed) == owner)
        #expect(RelayedOwner(packed: 0) == nil)
    }

    @Test("Randomness is what its seed says, and differs by seed")
    func random() {
        var (a, b, c) = (SecretRandom(seed: 1), SecretRandom(seed: 1), SecretRandom(seed: 2))
        let numbers = (0..<20).map { _ in a.next() }
        #expect(numbers == (0..<20).map { _ in b.next() })
        #expect(numbers != (0..<20).map { _ in c.next() })
        #expect(Set(numbers).count == 20)
    }

    @Test("The first line of an allocation is its five-tuple, and elements stay small")
    func layout() {
        #expect(MemoryLayout<FiveTuple>.size < 64)
        #expect(MemoryLayout<Allocation>.stride == 192)
        #expect(MemoryLayout<Permission>.stride <= 64)
        #expect(MemoryLayout<Channel>.stride <= 64)
    }
}
