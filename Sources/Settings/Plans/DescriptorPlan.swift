/// How the files that the process may have open are shared out among connections, relay sockets and relay streams.
///
/// Each of these limits holds only if there are enough descriptors for all of them at the same time. Otherwise the
/// plan cuts them: those that ask for little get it, and the others share the rest by weight.
package struct DescriptorPlan: Equatable, Sendable {
    /// A limit of which each unit takes descriptors.
    package struct Share: Equatable, Sendable {
        /// Its name in the environment, or what decides in its place.
        let name: String
        /// As it is set: some millions at most.
        let wished: Int
        /// Descriptors that one unit takes; at least 1.
        let descriptorsEach: Int
        /// Its part of a scarce resource, compared with the others.
        let weight: Int
        /// What can be kept; at most ``wished``.
        fileprivate(set) var granted = 0

        fileprivate var needed: Int { wished * descriptorsEach }
    }

    /// Files that may be open.
    package let limit: Int
    /// What the process needs beside these limits: database, logs, loops, listeners, self-tests.
    package let reserve: Int
    private(set) var shares: [Share]

    /// - Parameter shares: what is wished; not negative.
    init(limit: Int, reserve: Int, shares: [Share]) {
        self.limit = limit
        self.reserve = reserve
        self.shares = shares
        var left = max(0, limit - reserve)
        var open = Array(shares.indices)
        while !open.isEmpty {
            let weights = open.reduce(0) { $0 + shares[$1].weight }
            func part(_ index: Int) -> Int { left / max(1, weights) * shares[index].weight }
            let content = open.filter { shares[$0].needed <= part($0) }
            // No share is content with its part: each gets just that.
            let served = content.isEmpty ? open : content
            let parts = served.map { content.isEmpty ? part($0) : shares[$0].needed }
            for (index, descriptors) in zip(served, parts) {
                self.shares[index].granted = descriptors / shares[index].descriptorsEach
                left -= descriptors
            }
            open.removeAll(where: served.contains)
        }
    }

    /// All descriptors that are needed when all limits are reached.
    package var needed: Int {
        shares.reduce(reserve) { $0 + $1.needed }
    }

    /// The limits that cannot be kept as they are set.
    package var cuts: [Share] { shares.filter { $0.granted < $0.wished } }

    /// Whether something is left of each limit.
    package var isWorkable: Bool { shares.allSatisfy { $0.granted > 0 || $0.wished == 0 } }

    /// The limit with a name; nil if the plan does not have it.
    func granted(_ name: String) -> Int? { shares.first { $0.name == name }?.granted }

    /// `MAX_CONNECTIONS 50000 to 492, RELAY_MAX_STREAMS 10000 to 98`; empty if nothing is cut. See also
    /// ``cutsInWords(_:)``.
    var cutsInWords: String {
        cuts.map { "\($0.name) \($0.wished) to \($0.granted)" }.joined(separator: ", ")
    }

    /// Why a server does not start where not even one client would have a descriptor.
    package var refusal: UsageError {
        UsageError(
            "only \(limit) files may be open, and \(reserve) are needed beside clients; allowed: a limit (ulimit -Hn, "
                + "LimitNOFILE) of at least \(reserve + 32)")
    }

    /// `MAX_CONNECTIONS 50000 + RELAY_TOTAL_QUOTA 16000 + 101 in reserve = 66101`.
    package var sumInWords: String {
        let parts = shares.map { share in
            "\(share.name) \(share.wished)"
                + (share.descriptorsEach > 1 ? " of \(share.descriptorsEach) files" : "")
        }
        return "\(parts.joined(separator: " + ")) + \(reserve) in reserve = \(needed)"
    }
}
