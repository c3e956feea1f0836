import Testing

@testable import Loops

@Suite struct StreamOutboxTests {
    /// Appends bytes that count on from `next`.
    private func append(
        _ count: Int, _ next: inout UInt8, _ outbox: inout StreamOutbox, _ memory: inout StreamMemory,
        limit: Int = .max
    ) -> Bool {
        guard let place = outbox.extend(count, limit: limit, memory: &memory) else { return false }
        for offset in 0..<count {
            place.storeBytes(of: next, toByteOffset: offset, as: UInt8.self)
            next &+= 1
        }
        return true
    }

    @Test func `Bytes leave in the order in which they came, through all sizes of memory`() {
        var memory = StreamMemory(largestBytes: 256 << 10)
        var outbox = StreamOutbox()
        var generator = SplitMix(state: 42)
        var written: UInt8 = 0
        var read: UInt8 = 0
        for _ in 0..<20_000 {
            _ = append(Int(generator.next() % 700), &written, &outbox, &memory, limit: 200 << 10)
            let taken = min(outbox.byteCount, Int(generator.next() % 650))
            for byte in outbox.bytes.prefix(taken) {
                guard byte == read else {
                    Issue.record("another byte than was appended")
                    return
                }
                read &+= 1
            }
            outbox.remove(taken, memory: &memory)
            #expect(memory.usedByteCount == outbox.capacity)
        }
        outbox.removeAll(memory: &memory)
        #expect(memory.usedByteCount == 0)
    }

    @Test func `Nothing is appended beyond the limit, and what waits stays`() {
        var memory = StreamMemory(largestBytes: 128 << 10)
        var outbox = StreamOutbox()
        var next: UInt8 = 0
        #expect(append(100, &next, &outbox, &memory, limit: 100))
        #expect(outbox.extend(1, limit: 100, memory: &memory) == nil)
        #expect(outbox.extend(200 << 10, limit: .max, memory: &memory) == nil)
        #expect(outbox.byteCount == 100)
        #expect(Array(outbox.bytes) == Array(0..<100))
        outbox.removeAll(memory: &memory)
    }

    @Test func `All but the first bytes can be taken back`() {
        var memory = StreamMemory(largestBytes: 128 << 10)
        var outbox = StreamOutbox()
        var next: UInt8 = 0
        #expect(append(100, &next, &outbox, &memory))
        outbox.remove(10, memory: &memory)
        outbox.keepFirst(5, memory: &memory)
        #expect(Array(outbox.bytes) == [10, 11, 12, 13, 14])
        next = 15
        #expect(append(2, &next, &outbox, &memory))
        #expect(Array(outbox.bytes) == [10, 11, 12, 13, 14, 15, 16])
        outbox.keepFirst(0, memory: &memory)
        #expect(outbox.isEmpty)
        #expect(memory.usedByteCount == 0)
    }

    @Test func `An empty outbox holds no memory`() {
        var memory = StreamMemory(largestBytes: 128 << 10)
        var outbox = StreamOutbox()
        var next: UInt8 = 0
        #expect(append(3_000, &next, &outbox, &memory))
        #expect(memory.usedByteCount == 16 << 10)
        outbox.remove(3_000, memory: &memory)
        #expect(outbox.isEmpty)
        #expect(outbox.capacity == 0)
        #expect(memory.usedByteCount == 0)
    }
}

/// A generator with a seed, so that a test is the same each time.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
