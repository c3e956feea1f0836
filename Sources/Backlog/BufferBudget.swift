import Synchronization

/// Bytes that wait in memory for clients and of clients, in the whole process, and how many there may be.
///
/// Each loop counts its own and reports them now and then, so that nothing is shared for a message or a packet: the
/// total is some tenths of a second old. Safe to use from any thread.
package final class BufferBudget: Sendable {
    /// What a connection keeps below this is part of what any connection costs, and need not be counted.
    package static let notedBytes = 4_096

    package let rule: BudgetRule
    private let total = Atomic<Int>(0)

    /// - Parameter maxBytes: default 256 MiB.
    package init(maxBytes: Int = 256 << 20) {
        rule = BudgetRule(maxBytes: maxBytes)
    }

    /// Bytes that wait, as last reported.
    package var bufferedBytes: Int { total.load(ordering: .relaxed) }

    fileprivate func change(by bytes: Int) { total.add(bytes, ordering: .relaxed) }
}

/// What one loop holds of a ``BufferBudget``; belongs to that loop.
package struct BufferShare: ~Copyable {
    private let budget: BufferBudget
    /// As last reported.
    package private(set) var bytes = 0

    package init(of budget: BufferBudget) { self.budget = budget }

    deinit { budget.change(by: -bytes) }

    /// Reports how many bytes wait at this loop.
    package mutating func report(_ bytes: Int) {
        budget.change(by: bytes - self.bytes)
        self.bytes = bytes
    }

    /// Whether this loop holds so little of all that waits that it is not the cause of what is too much. It then closes
    /// nobody who is not slow: those who are may be on other loops.
    package var isSmall: Bool { bytes < budget.bufferedBytes / 8 }

    /// How many bytes this loop has to free now; 0 while the budget is kept.
    package var excess: Int { budget.rule.excess(total: budget.bufferedBytes, share: bytes) }
}
