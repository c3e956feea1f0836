import Addresses
import STUN
import Testing
import Timing

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
        var heap = DeadlineTable()
        var model: [UInt32: Int64] = [:]
        for _ in 0..<20_000 {
            let index = UInt32.random(in: 0..<300, using: &random)
            let deadline = Int64.random(in: 1...1000, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                heap.remove(index)
                model[index] = nil
            case 1:
                heap.bringForward(index, to: MonotonicTime(nanoseconds: deadline))
                model[index] = min(model[index] ?? .max, deadline)
            default:
                heap.set(index, to: MonotonicTime(nanoseconds: deadline))
                model[index] = deadline
            }
            #expect(heap.count == model.count)
            #expect(heap.first?.deadline.nanoseconds == model.values.min())
        }
        var last: Int64 = 0
        while let first = heap.first {
            #expect(first.deadline.nanoseconds >= last && model[first.index] == first.deadline.nanoseconds)
            last = first.deadline.nanoseconds
            heap.remove(first.index)
        }
    }

    private let payer = QuotaClaim(user: UserID(bits: 1), address: AddressKey(IPAddress(v4: 1)))

    @Test("Ports are drawn once, rest after use, and come back")
    func pool() {
        var random = SecretRandom(seed: 5)
        var pool = PortPool(range: 50_000...50_099, restSeconds: 120)
        var now = MonotonicTime(nanoseconds: 0)
        var ports: Set<UInt16> = []
        while let port = pool.draw(for: payer, at: now, using: &random) {
            #expect(ports.insert(port).inserted)
        }
        #expect(ports.count == 100)
        pool.giveBack(50_007, .used, at: now)
        pool.giveBack(50_007, .unused, at: now)
        pool.giveBack(1, .unused, at: now)
        #expect(pool.draw(for: payer, at: now, using: &random) == nil)
        now = now.advanced(bySeconds: 120)
        pool.wake(now)
        #expect(pool.freeCount == 1)
        #expect(pool.drawEven(withNext: false, for: payer, at: now, using: &random) == nil)
        #expect(pool.draw(for: payer, at: now, using: &random) == 50_007)
    }

    @Test("A port is on its payer's bill until it is free: at once if unused, never if something else has it")
    func bills() {
        var random = SecretRandom(seed: 5)
        var pool = PortPool(range: 50_000...50_003, restSeconds: 120)
        let now = MonotonicTime(nanoseconds: 0)
        let other = QuotaClaim(user: UserID(bits: 2), address: payer.address)
        #expect(pool.drawEven(withNext: true, for: payer, at: now, using: &random) != nil)
        while pool.draw(for: other, at: now, using: &random) != nil {}
        #expect(pool.bills.count(payer.user) == 2 && pool.bills.count(other.user) == 2)
        #expect(pool.bills.count(payer.address) == 4)
        pool.giveBack(50_000, .unused, at: now)
        pool.giveBack(50_001, .busy, at: now)
        pool.giveBack(50_002, .used, at: now)
        #expect(pool.freeCount == 1 && pool.bills.total == 2)
        pool.giveBack(50_003, .unused, at: now.advanced(bySeconds: 120))
        #expect(pool.freeCount == 4 && pool.bills.total == 0)
        #expect(pool.bills.sums.users == 0 && pool.bills.sums.addresses == 0)
    }

    @Test("What is kept of ports at rest is bounded by their number, and goes with whatever is done next")
    func rests() {
        var random = SecretRandom(seed: 5)
        var pool = PortPool(range: 49_152...65_535, restSeconds: 120)
        var now = MonotonicTime(nanoseconds: 0)
        for _ in 0..<100_000 {
            guard let port = pool.draw(for: payer, at: now, using: &random) else { continue }
            pool.giveBack(port, .used, at: now)
            now = MonotonicTime(nanoseconds: now.nanoseconds + 20_000_000)
            #expect(pool.restCount <= 2 * 6_000 + 1_024)
        }
        guard let last = pool.draw(for: payer, at: now, using: &random) else { return }
        now = now.advanced(bySeconds: 120)
        pool.giveBack(last, .unused, at: now)
        #expect(pool.restCount == 0 && pool.bills.total == 0)
    }

    @Test("An address allocates so many times a minute, all at once if it was quiet")
    func rate() {
        var rate = AllocationRate(perMinute: 6)
        let (one, two) = (AddressKey(IPAddress(v4: 1)), AddressKey(IPAddress(v4: 2)))
        var now = MonotonicTime(nanoseconds: 1)
        func take(_ count: Int, _ address: AddressKey) -> Bool { rate.admit(count, of: address, at: now) }
        #expect((0..<7).map { _ in take(1, one) } == Array(repeating: true, count: 6) + [false])
        #expect([take(6, two), take(1, two)] == [true, false])
        now = now.advanced(bySeconds: 10)
        #expect([take(2, one), take(1, one), take(1, one)] == [false, true, false])
        now = now.advanced(bySeconds: 60)
        #expect([take(6, one), take(1, one)] == [true, false])
        rate = AllocationRate(perMinute: 0)
        #expect(take(.max, one))
        #expect(rate.count == 0)
        rate = AllocationRate(perMinute: 1)
        #expect([take(2, one), take(1, one)] == [true, false])
    }

    @Test(
        "The rates of addresses are what unbounded buckets would be, and are forgotten by writes, a few at a time"
    )
    func ratesAreForgotten() {
        var random = SecretRandom(seed: 8)
        var rate = AllocationRate(perMinute: 10)
        var fullAt: [AddressKey: Int64] = [:]
        var now = MonotonicTime(nanoseconds: 0)
        let interval: Int64 = 6_000_000_000
        for _ in 0..<50_000 {
            now.nanoseconds += Int64.random(in: 0...100_000_000, using: &random)
            let address = AddressKey(IPAddress(v4: UInt32.random(in: 0..<40, using: &random)))
            let next = max(fullAt[address] ?? 0, now.nanoseconds) + interval
            let isAdmitted = next <= now.nanoseconds + 10 * interval
            if isAdmitted { fullAt[address] = next }
            #expect(rate.admit(1, of: address, at: now) == isAdmitted)
        }
        for number in 0..<100_000 {
            now.nanoseconds += 10_000_000
            _ = rate.admit(1, of: AddressKey(IPAddress(v4: 1_000 + UInt32(number))), at: now)
            #expect(rate.count <= 12_100)
        }
        now = now.advanced(bySeconds: 120)
        _ = rate.admit(1, of: AddressKey(IPAddress(v4: 1)), at: now)
        #expect(rate.count == 1)
        var small = AllocationRate(perMinute: 10, maxAddresses: 100)
        for number in 0..<10_000 {
            _ = small.admit(1, of: AddressKey(IPAddress(v4: UInt32(number))), at: now)
        }
        #expect(small.count <= 200)
    }

    @Test("Even ports are found wherever they are; at the end of the range there is no next one")
    func evenPorts() {
        var random = SecretRandom(seed: 6)
        var pool = PortPool(range: 65_533...65_535, restSeconds: 120)
        let now = MonotonicTime(nanoseconds: 0)
        #expect(pool.drawEven(withNext: true, for: payer, at: now, using: &random) == 65_534)
        #expect(pool.drawEven(withNext: true, for: payer, at: now, using: &random) == nil)
        var last = PortPool(range: 65_534...65_534, restSeconds: 120)
        #expect(last.drawEven(withNext: true, for: payer, at: now, using: &random) == nil)
        #expect(last.drawEven(withNext: false, for: payer, at: now, using: &random) == 65_534)
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
