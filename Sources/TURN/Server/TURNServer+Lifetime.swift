import Addresses
package import Timing

/// The beginning and the end of allocations: by time, by their stream, by their room, or all at once.
extension TURNServer {
    /// Enters an allocation whose sockets are open.
    mutating func register(_ allocation: UInt32, _ owner: Owner, until expires: MonotonicTime) {
        while owners.count <= Int(allocation) { owners.append(nil) }
        owners[Int(allocation)] = owner
        byFiveTuple.insert(hash.hash(allocations[allocation].fiveTuple), allocation)
        if let room = owner.room { byRoom[room, default: []].append(allocation) }
        deadlines.set(allocation, to: expires)
        counters.made[Int(allocations[allocation].fiveTuple.transport.rawValue)] &+= 1
    }

    /// Ends everything that is due: call it when `nextDeadline` has come. Expired channels and permissions leave
    /// their tables; the sockets of expired allocations close.
    package mutating func expire(now: MonotonicTime, sockets: inout some RelaySockets & ~Copyable) {
        reservationsEnd = authority.endReservations(at: now, &sockets)
        while let first = deadlines.first, first.deadline <= now {
            let allocation = first.index
            for family in IPAddress.Family.allCases where allocations[allocation][family].expires <= now {
                closeSlot(family, of: allocation, &sockets, at: now)
            }
            guard allocations[allocation].isLive else {
                remove(allocation, at: now)
                continue
            }
            var next = sweep(allocation, at: now)
            for family in IPAddress.Family.allCases where allocations[allocation][family].isLive {
                next = min(next, allocations[allocation][family].expires)
            }
            deadlines.set(allocation, to: next)
        }
    }

    /// A client's stream has ended, and its allocation with it (RFC 8656 §5).
    package mutating func clientClosed(
        _ tuple: FiveTuple, now: MonotonicTime, sockets: inout some RelaySockets & ~Copyable
    ) {
        if let allocation = allocation(tuple) { end(allocation, &sockets, at: now) }
    }

    /// Ends the allocations made with credentials of a room. `RelayAuthority.revocations` keeps them from coming back.
    package mutating func endAllocations(
        of room: RoomTag, now: MonotonicTime, sockets: inout some RelaySockets & ~Copyable
    ) {
        for allocation in byRoom[room] ?? [] { end(allocation, &sockets, at: now) }
    }

    /// Ends one allocation, if it is still there: its socket is broken.
    package mutating func endAllocation(
        _ id: AllocationID, now: MonotonicTime, sockets: inout some RelaySockets & ~Copyable
    ) {
        if isLive(id) { end(id.index, &sockets, at: now) }
    }

    /// Ends every allocation and every reservation: the server stops.
    package mutating func endAllAllocations(now: MonotonicTime, sockets: inout some RelaySockets & ~Copyable)
    {
        for reservation in authority.reservations.takeAll() {
            authority.giveBack(reservation, at: now, &sockets)
        }
        for index in 0..<allocations.end where allocations[index].generation != 0 {
            end(index, &sockets, at: now)
        }
    }

    private mutating func end(
        _ allocation: UInt32, _ sockets: inout some RelaySockets & ~Copyable, at now: MonotonicTime
    ) {
        for family in IPAddress.Family.allCases { closeSlot(family, of: allocation, &sockets, at: now) }
        remove(allocation, at: now)
    }

    /// Closes an allocation's relayed address of a family, if it has one; the port goes to rest if it was used.
    mutating func closeSlot(
        _ family: IPAddress.Family, of allocation: UInt32, _ sockets: inout some RelaySockets & ~Copyable,
        at now: MonotonicTime
    ) {
        let slot = allocations[allocation][family]
        guard slot.isLive else { return }
        allocations[allocation][family].end()
        ports.withdraw(relay: slot.relay, port: slot.port)
        sockets.close(id(allocation), family, isUsed: slot.isUsed)
        ports.giveBack(slot.port, relay: slot.relay, slot.isUsed ? .used : .unused, at: now)
    }

    /// Forgets an allocation whose sockets are closed.
    mutating func remove(_ allocation: UInt32, at now: MonotonicTime) {
        sweep(allocation, at: now)
        byFiveTuple.remove(hash.hash(allocations[allocation].fiveTuple), allocation)
        deadlines.remove(allocation)
        if let owner = owners[Int(allocation)] {
            authority.quotas.giveBack(for: owner.claim)
            if let room = owner.room {
                byRoom[room]?.removeAll { $0 == allocation }
                if byRoom[room]?.isEmpty == true { byRoom[room] = nil }
            }
        }
        owners[Int(allocation)] = nil
        counters.ended[Int(allocations[allocation].fiveTuple.transport.rawValue)] &+= 1
        allocations[allocation].generation = 0
        allocations.remove(allocation)
    }
}
