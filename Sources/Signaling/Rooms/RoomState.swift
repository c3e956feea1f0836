public import Timing

/// Two seats and the members that wait for one: the rules of a live room, without locks, clocks or I/O.
///
/// The member that has been seated longest is the initiator. A join that finds both seats taken makes the room
/// probe its members (the caller pings them). A member that shows no sign of life before the deadline loses its
/// seat, so a dead connection never keeps its owner out.
///
/// A member is any handle that its owner chooses: an object, or an index in a table. Everything is inlinable, so
/// that other modules compile code for their own handle. Otherwise each message would ask the runtime for metadata.
@usableFromInline
package struct RoomState<Member: Equatable> {
    /// The times of probing.
    @usableFromInline
    package struct Rules: Sendable {
        /// How long a probed member has to show a sign of life.
        @usableFromInline package let probeTimeout: Duration
        /// The least time between the starts of two probes.
        @usableFromInline package let probeInterval: Duration

        /// Durations from zero up.
        package init(probeTimeout: Duration, probeInterval: Duration) {
            self.probeTimeout = probeTimeout
            self.probeInterval = probeInterval
        }
    }

    /// The result of a join.
    @usableFromInline
    package enum JoinOutcome {
        /// The member has the seat. `evicted` lost theirs to it; `peer` is the other one in the room.
        case seated(peer: Member?, evicted: [Member])
        /// The member was seated here already.
        case alreadySeated(peer: Member?, isInitiator: Bool)
        /// The room is full for now: ping the `probed`, and join again when told to or at `retry`.
        case waiting(probed: [Member], retry: MonotonicTime)
        /// Both seats are taken, and the member may not wait for one.
        case full
    }

    /// The members to tell about a seat that became free.
    @usableFromInline
    package struct Departure {
        /// The member that is left in the room.
        @usableFromInline package let peer: Member?
        /// Waiting members that should join again now.
        @usableFromInline package let waiting: [Member]

        @inlinable
        init(peer: Member?, waiting: [Member]) {
            self.peer = peer
            self.waiting = waiting
        }
    }

    @usableFromInline
    struct Seat {
        @usableFromInline let member: Member
        @usableFromInline let device: DeviceMark?
        /// Probed members that have shown no sign of life yet.
        @usableFromInline var isProbed = false

        @inlinable
        init(member: Member, device: DeviceMark?) {
            self.member = member
            self.device = device
        }
    }

    @usableFromInline
    enum Probe {
        case none
        case running(deadline: MonotonicTime)
    }

    /// Members that may wait for a seat at once; more are told that the room is full.
    @inlinable package static var maxWaiting: Int { 4 }

    @usableFromInline var initiator: Seat?
    @usableFromInline var second: Seat?
    @usableFromInline var probe = Probe.none
    @usableFromInline var lastProbe: MonotonicTime?
    @usableFromInline var waiting: [Member] = []

    /// A room without members.
    @inlinable
    package init() {}

    /// Whether no seat is taken; a member may still wait for one.
    @inlinable package var isEmpty: Bool { initiator == nil }

    /// Seats taken: 0, 1 or 2.
    @inlinable package var count: Int { initiator == nil ? 0 : second == nil ? 1 : 2 }

    /// The other member; nil when `member` is alone or has no seat.
    @inlinable
    package func peer(of member: Member) -> Member? {
        if initiator?.member == member { return second?.member }
        if second?.member == member { return initiator?.member }
        return nil
    }

    /// Whether the member has one of the seats.
    @inlinable
    package func isSeated(_ member: Member) -> Bool {
        initiator?.member == member || second?.member == member
    }

    // MARK: Joining

    /// - Parameter device: shows that a joiner owns one of the seats. An owner may wait for the next probe; a
    ///   stranger is turned away.
    @inlinable
    package mutating func join(
        _ member: Member, device: DeviceMark?, now: MonotonicTime, rules: Rules
    ) -> JoinOutcome {
        if isSeated(member) {
            return .alreadySeated(peer: peer(of: member), isInitiator: initiator?.member == member)
        }
        let evicted = evictSilent(now)
        if seat(member, device) { return .seated(peer: peer(of: member), evicted: evicted) }
        switch probe {
        case .running(let deadline):
            return wait(member) ? .waiting(probed: [], retry: deadline) : refuse(member)
        case .none:
            let next = lastProbe.map { $0 + rules.probeInterval } ?? now
            if now >= next {
                guard wait(member) else { return refuse(member) }
                return .waiting(probed: startProbe(now, rules), retry: now + rules.probeTimeout)
            }
            let ownsSeat = device != nil && (initiator?.device == device || second?.device == device)
            return ownsSeat && wait(member) ? .waiting(probed: [], retry: next) : refuse(member)
        }
    }

    /// A member that is told that the room is full stops waiting.
    @inlinable
    mutating func refuse(_ member: Member) -> JoinOutcome {
        waiting.removeAll { $0 == member }
        return .full
    }

    /// Whether the member has a place among those that wait for a seat.
    @inlinable
    package func isWaiting(_ member: Member) -> Bool {
        waiting.contains { $0 == member }
    }

    @inlinable
    mutating func seat(_ member: Member, _ device: DeviceMark?) -> Bool {
        guard second == nil else { return false }
        let seat = Seat(member: member, device: device)
        if initiator == nil { initiator = seat } else { second = seat }
        waiting.removeAll { $0 == member }
        return true
    }

    @inlinable
    mutating func wait(_ member: Member) -> Bool {
        if waiting.contains(where: { $0 == member }) { return true }
        guard waiting.count < Self.maxWaiting else { return false }
        waiting.append(member)
        return true
    }

    // MARK: Probing

    @inlinable
    mutating func startProbe(_ now: MonotonicTime, _ rules: Rules) -> [Member] {
        lastProbe = now
        probe = .running(deadline: now + rules.probeTimeout)
        initiator?.isProbed = true
        second?.isProbed = true
        return [initiator?.member, second?.member].compactMap { $0 }
    }

    /// Ends a probe whose deadline has passed and frees the seats of those that stayed silent.
    @inlinable
    mutating func evictSilent(_ now: MonotonicTime) -> [Member] {
        guard case .running(let deadline) = probe, now >= deadline else { return [] }
        probe = .none
        var evicted: [Member] = []
        if let seat = second, seat.isProbed {
            evicted.append(seat.member)
            second = nil
        }
        if let seat = initiator, seat.isProbed {
            evicted.append(seat.member)
            initiator = second
            second = nil
        }
        return evicted
    }

    /// A probed member showed a sign of life.
    /// - Returns: those to tell that the room is full, once every probed member has answered.
    @inlinable
    package mutating func heard(_ member: Member) -> [Member] {
        if initiator?.member == member { initiator?.isProbed = false }
        if second?.member == member { second?.isProbed = false }
        guard case .running = probe, initiator?.isProbed != true, second?.isProbed != true else { return [] }
        probe = .none
        defer { waiting = [] }
        return waiting
    }

    // MARK: Leaving

    /// Takes away the member's seat or its place among the waiting. Does nothing if it has neither.
    @inlinable
    package mutating func leave(_ member: Member) -> Departure {
        waiting.removeAll { $0 == member }
        guard isSeated(member) else { return Departure(peer: nil, waiting: []) }
        let peer = peer(of: member)
        initiator = initiator?.member == member ? second : initiator
        second = nil
        probe = .none
        defer { waiting = [] }
        return Departure(peer: peer, waiting: waiting)
    }
}
