import Testing

@testable import Backlog

@Suite("The budget of bytes that wait")
struct BudgetRuleTests {
    private typealias Holder = BufferHolder<String>

    private let rule = BudgetRule(maxBytes: 800)

    @Test("Nothing is closed up to the budget; beyond it a loop frees its part down to seven eighths")
    func excess() {
        #expect(rule.excess(total: 800, share: 800) == 0)
        #expect(rule.excess(total: 801, share: 801) == 101)
        #expect(rule.excess(total: 900, share: 450) == 100)
        #expect(rule.excess(total: 900, share: 1) == 1)
        #expect(rule.excess(total: 900, share: 0) == 0)
        // A total that is older than the share.
        #expect(rule.excess(total: 900, share: 2_000) == 200)
    }

    @Test("A byte count near the largest is no overflow")
    func largest() {
        let largest = BudgetRule(maxBytes: 1 << 40)
        #expect(largest.excess(total: .max, share: .max / 2) > 0)
        #expect(BudgetRule(maxBytes: 1).excess(total: 2, share: 2) == 1)
    }

    @Test("Loops that look one after the other come below the budget together")
    func loops() {
        var shares = [1_000, 500, 10, 0]
        var rounds = 0
        while shares.reduce(0, +) > rule.maxBytes, rounds < 10 {
            for index in shares.indices {
                shares[index] -= rule.excess(total: shares.reduce(0, +), share: shares[index])
            }
            rounds += 1
        }
        #expect(shares.reduce(0, +) <= 800 && rounds <= 4, "\(shares) after \(rounds)")
        #expect(shares.allSatisfy { $0 >= 0 } && shares[0] >= 300 && shares[1] >= 200)
    }

    @Test("Who has been behind for the longest goes first, and of two the larger one, until enough is free")
    func slowest() {
        func holder(_ id: String, _ byteCount: Int, milliseconds: Int64) -> Holder {
            Holder(id: id, byteCount: byteCount, behindNanoseconds: milliseconds * 1_000_000)
        }
        let holders = [
            holder("late", 900, milliseconds: 1_500), holder("early small", 10, milliseconds: 9_000),
            holder("just now", 2_000, milliseconds: 10), holder("not slow", 3_000, milliseconds: 999),
            holder("early large", 50, milliseconds: 9_000), holder("middle", 100, milliseconds: 2_000),
            holder("ahead", 20, milliseconds: 0),
        ]
        func closed(_ wanted: Int) -> [String] { Holder.slowest(holders, freeing: wanted).map(\.id) }
        #expect(closed(0) == [] && closed(-5) == [])
        #expect(closed(1) == ["early large"])
        #expect(closed(50) == ["early large"])
        #expect(closed(51) == ["early large", "early small"])
        #expect(closed(61) == ["early large", "early small", "middle"])
        #expect(closed(161).last == "late")
        // Of those that are not slow, the larger ones.
        #expect(closed(.max).suffix(3) == ["not slow", "just now", "ahead"])
    }

    @Test("A loop that holds less than an eighth of all that waits is not the cause of it")
    func small() {
        let budget = BufferBudget(maxBytes: 100)
        var first = BufferShare(of: budget)
        var second = BufferShare(of: budget)
        first.report(89)
        second.report(11)
        let areSmall = [first.isSmall, second.isSmall]
        #expect(areSmall == [false, true])
        second.report(13)
        let isSmall = second.isSmall
        #expect(!isSmall)
    }

    @Test("Who has been behind for a second is slow")
    func slow() {
        func holder(_ nanoseconds: Int64) -> BufferHolder<Int> {
            BufferHolder(id: 0, byteCount: 1, behindNanoseconds: nanoseconds)
        }
        #expect(!holder(0).isSlow && !holder(999_999_999).isSlow && holder(1_000_000_000).isSlow)
    }

    @Test("Loops' reports add up, and what a loop held goes with it")
    func shares() {
        let budget = BufferBudget(maxBytes: 100)
        do {
            var first = BufferShare(of: budget)
            var second = BufferShare(of: budget)
            first.report(70)
            second.report(50)
            #expect(budget.bufferedBytes == 120 && first.excess == 19 && second.excess == 14)
            first.report(40)
            #expect(budget.bufferedBytes == 90 && first.excess == 0)
            _ = consume first
            #expect(budget.bufferedBytes == 50)
        }
        #expect(budget.bufferedBytes == 0)
    }
}
