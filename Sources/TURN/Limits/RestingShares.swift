/// How many allocations of each user ended so lately that their ports still rest.
///
/// Ports rest for two minutes, so a user who begins and ends allocations all the time could empty the pool without
/// ever having more than the quota. This is what lets `Quotas` notice.
struct RestingShares: Sendable {
    private struct Ended: Sendable {
        let user: UserID
        let until: Instant
    }

    private let restSeconds: UInt32
    /// In the order of their ends; each has a port, so they are no more than ports.
    private var ended: [Ended] = []
    private var first = 0
    private var counts: [UserID: Int] = [:]

    init(restSeconds: UInt32) { self.restSeconds = restSeconds }

    mutating func add(_ user: UserID, at now: Instant) {
        ended.append(Ended(user: user, until: now.advanced(bySeconds: restSeconds)))
        counts[user, default: 0] += 1
    }

    mutating func count(_ user: UserID, at now: Instant) -> Int {
        forget(now)
        return counts[user, default: 0]
    }

    private mutating func forget(_ now: Instant) {
        while first < ended.count, ended[first].until <= now {
            let user = ended[first].user
            counts[user] = counts[user].flatMap { $0 > 1 ? $0 - 1 : nil }
            first += 1
        }
        if first > 1024, first * 2 > ended.count {
            ended.removeFirst(first)
            first = 0
        }
    }
}
