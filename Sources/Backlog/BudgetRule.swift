/// When too much waits in memory, how much of it has to go, and whose.
package struct BudgetRule: Sendable {
    /// From here on the slowest are closed.
    package let maxBytes: Int
    /// Down to here, so that it does not begin anew with the next message.
    package var restBytes: Int { maxBytes - maxBytes / 8 }

    package init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// How many bytes a loop frees that holds `share` of `total`: its part of what is too much, rounded up. Loops that
    /// see the total one after the other come down together in a few rounds.
    package func excess(total: Int, share: Int) -> Int {
        guard total > maxBytes, share > 0 else { return 0 }
        let part = Double(min(share, total)) / Double(total)
        let wanted = (Double(total - restBytes) * part).rounded(.up)
        return wanted >= Double(share) ? share : Int(wanted)
    }
}

/// A connection that has something waiting in memory.
package struct BufferHolder<ID> {
    /// Who has been behind for less is not slow: that much a busy server makes itself.
    package static var slowFrom: Int64 { 1_000_000_000 }

    package let id: ID
    package let byteCount: Int
    /// How long it has been behind, in nanoseconds: since its socket last took everything, or since the message began
    /// that has not ended. Below ``slowFrom`` it is 0.
    private let behind: Int64
    /// Whether it has been behind for long enough to be called slow.
    package var isSlow: Bool { behind > 0 }

    package init(id: ID, byteCount: Int, behindNanoseconds: Int64) {
        (self.id, self.byteCount) = (id, byteCount)
        behind = behindNanoseconds < Self.slowFrom ? 0 : behindNanoseconds
    }

    /// The holders to close so that `wanted` bytes become free: the one that has been behind longest first, and of two
    /// equal ones the larger. A holder of few bytes is not spared: only reading fast protects a client.
    package static func slowest(_ holders: [Self], freeing wanted: Int) -> [Self] {
        guard wanted > 0 else { return [] }
        var freed = 0
        let order = holders.sorted { ($1.behind, $1.byteCount) < ($0.behind, $0.byteCount) }
        return Array(
            order.prefix { holder in
                defer { freed += holder.byteCount }
                return freed < wanted
            })
    }
}
