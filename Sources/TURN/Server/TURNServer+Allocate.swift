import Addresses
import STUN
import Timing

/// Allocate (RFC 8656 §7.2).
extension TURNServer {
    /// Ports drawn for one relayed address before its Allocate is answered 508: others on this host may hold some.
    private static var maxDraws: Int { 16 }

    mutating func allocate(
        _ request: Request, _ message: RawSpan, _ caller: Caller, _ existing: UInt32?,
        _ sockets: inout some RelaySockets & ~Copyable, _ answer: inout MessageWriter
    ) throws(Refusal) {
        if let existing {
            guard owners[Int(existing)]?.name == caller.name,
                allocations[existing].made.transactionID == request.header.transactionID
            else { throw Refusal(.allocationMismatch) }
            return writeAllocated(existing, request, &answer)
        }
        let isLate = tombstones.wasMade(
            request.fiveTuple, hash.hash(request.fiveTuple), by: request.header.transactionID, at: request.now
        )
        guard !isLate else { throw Refusal(.allocationMismatch) }
        let wish = try AllocateRequest(request.index, message)
        guard !authority.isDraining, allocations.count < AllocationID.maximumCount else {
            throw Refusal(.insufficientCapacity)
        }
        authority.endReservations(at: request.now, &sockets)
        let allocation = try make(wish, request, caller, &sockets)
        writeAllocated(allocation, request, &answer)
    }

    /// Makes an allocation, or leaves everything unchanged.
    private mutating func make(
        _ wish: AllocateRequest, _ request: Request, _ caller: Caller,
        _ sockets: inout some RelaySockets & ~Copyable
    ) throws(Refusal) -> UInt32 {
        let claim = QuotaClaim(user: caller.user, address: AddressKey(request.fiveTuple.client.ip))
        let lifetime = granted(wish.lifetime)
        let allocation = allocations.add(
            Allocation(
                request.route, generation: nextGeneration(),
                made: MadeBy(transactionID: request.header.transactionID, lifetime: lifetime)))
        let expires = request.now.advanced(bySeconds: lifetime)
        let held: QuotaClaim
        do throws(Refusal) {
            held =
                if let token = wish.reservationToken {
                    try redeem(token, allocation, caller, expires, request, &sockets)
                } else {
                    try open(wish, allocation, claim, expires, request, &sockets)
                }
        } catch {
            allocations[allocation].generation = 0
            allocations.remove(allocation)
            throw error
        }
        register(
            allocation, Owner(name: caller.name, key: caller.key, claim: held, room: caller.room),
            until: expires)
        return allocation
    }

    /// The granted LIFETIME (RFC 8656 §7.2): the client's wish, between the default and the maximum.
    func granted(_ wish: UInt32?) -> UInt32 {
        max(configuration.allocationSeconds, min(wish ?? 0, configuration.maxAllocationSeconds))
    }

    /// The second allocation of a pair: port and quota are those of the reservation.
    private mutating func redeem(
        _ token: UInt64, _ allocation: UInt32, _ caller: Caller, _ expires: MonotonicTime, _ request: Request,
        _ sockets: inout some RelaySockets & ~Copyable
    ) throws(Refusal) -> QuotaClaim {
        guard let held = authority.reservations.redeem(token, user: caller.user, at: request.now) else {
            throw Refusal(.insufficientCapacity)
        }
        let slot = RelaySlot(expires: expires, port: held.port, relay: held.relay)
        let family = ports.relays[Int(held.relay)].family
        guard sockets.adopt(held.socket, family, for: id(allocation)) == .opened else {
            ports.giveBack(held.port, relay: held.relay, .unused, at: request.now)
            authority.quotas.giveBack(for: held.claim)
            throw Refusal(.insufficientCapacity)
        }
        enter(slot, family, allocation)
        return held.claim
    }

    /// An allocation with ports of its own: of one family, or IPv4 and, as far as possible, IPv6.
    private mutating func open(
        _ wish: AllocateRequest, _ allocation: UInt32, _ claim: QuotaClaim, _ expires: MonotonicTime,
        _ request: Request,
        _ sockets: inout some RelaySockets & ~Copyable
    ) throws(Refusal) -> QuotaClaim {
        let family = wish.wantsBoth ? .ipv4 : try family(wish.family, request)
        // A reserved port counts like an allocation of its own.
        let count = wish.port.portCount
        if let quota = authority.quotas.charge(count, for: claim, at: request.now) {
            throw Refusal(refused(quota))
        }
        let first = open(family, wish.port, allocation, claim, expires, request, &sockets)
        var second: ErrorCode?
        if wish.wantsBoth {
            second = open(.ipv6, wish.port, allocation, claim, expires, request, &sockets)
            allocations[allocation].made.additionalFamilyError = (first ?? second)?.inAddressErrorCode
        }
        guard let first, !wish.wantsBoth || second != nil else { return claim }
        authority.quotas.giveBack(count, for: claim)
        throw Refusal(first)
    }

    /// Counts an exhausted quota, and returns the refusal of an Allocate for it (RFC 8656 §7.2).
    private mutating func refused(_ quota: Quota) -> ErrorCode {
        counters.quotaHits[Int(quota.rawValue)] &+= 1
        return quota == .total ? .insufficientCapacity : .allocationQuotaReached
    }

    /// The family of a relayed address: the requested one, else the listener's, else the only one there is.
    private func family(_ wish: IPAddress.Family?, _ request: Request) throws(Refusal) -> IPAddress.Family {
        if let wish {
            guard ports.supports(wish) else { throw Refusal(.addressFamilyNotSupported) }
            return wish
        }
        let listener = request.fiveTuple.server.family
        return ports.supports(listener) ? listener : listener == .ipv4 ? .ipv6 : .ipv4
    }

    /// Gives an allocation a relayed address of a family, or says why not.
    private mutating func open(
        _ family: IPAddress.Family, _ wish: PortWish, _ allocation: UInt32, _ claim: QuotaClaim,
        _ expires: MonotonicTime,
        _ request: Request, _ sockets: inout some RelaySockets & ~Copyable
    ) -> ErrorCode? {
        guard ports.supports(family) else { return .addressFamilyNotSupported }
        var draws = 0
        for relay in ports.numbers(family, preferring: request.fiveTuple.server.ip) {
            drawing: while draws < Self.maxDraws {
                switch ports.draw(wish, relay: relay, for: claim, at: request.now, using: &random) {
                case .noneFree: break drawing
                case .overShare(let quota): return refused(quota)
                case .port(let port):
                    draws += 1
                    let slot = RelaySlot(expires: expires, port: port, relay: relay)
                    switch openPorts(slot, wish, allocation, claim, request, &sockets) {
                    case .opened: return nil
                    case .failed: return .insufficientCapacity
                    case .addressInUse: break
                    }
                }
            }
        }
        counters.portsExhausted &+= 1
        return .insufficientCapacity
    }

    /// Opens the socket of a port that was drawn, and holds the next port if that was drawn too. If one of them
    /// fails, both are given back; the client has not been told of either.
    private mutating func openPorts(
        _ slot: RelaySlot, _ wish: PortWish, _ allocation: UInt32, _ claim: QuotaClaim, _ request: Request,
        _ sockets: inout some RelaySockets & ~Copyable
    ) -> RelaySocketResult {
        let isPair = wish.portCount == 2
        let first = openSocket(slot, allocation, &sockets)
        guard first == .opened else {
            giveBackUnopened(slot.port, slot.relay, first, at: request.now)
            if isPair { ports.giveBack(slot.port + 1, relay: slot.relay, .unused, at: request.now) }
            return first
        }
        guard isPair else { return .opened }
        let second = holdNext(slot, allocation, claim, request, &sockets)
        if second != .opened {
            closeSlot(ports.relays[Int(slot.relay)].family, of: allocation, &sockets, at: request.now)
            giveBackUnopened(slot.port + 1, slot.relay, second, at: request.now)
        }
        return second
    }

    private func giveBackUnopened(
        _ port: UInt16, _ relay: UInt8, _ result: RelaySocketResult, at now: MonotonicTime
    ) {
        ports.giveBack(port, relay: relay, result == .addressInUse ? .busy : .unused, at: now)
    }

    private mutating func openSocket(
        _ slot: RelaySlot, _ allocation: UInt32, _ sockets: inout some RelaySockets & ~Copyable
    ) -> RelaySocketResult {
        let local = ports.relays[Int(slot.relay)].local
        let result = sockets.open(TransportAddress(local, port: slot.port), for: id(allocation))
        if result == .opened { enter(slot, local.family, allocation) }
        return result
    }

    /// Makes an open socket the relayed address of an allocation in a family.
    private mutating func enter(_ slot: RelaySlot, _ family: IPAddress.Family, _ allocation: UInt32) {
        allocations[allocation][family] = slot
        ports.publish(
            RelayedOwner(loop: loop, allocation: id(allocation)), relay: slot.relay, port: slot.port)
    }

    /// Holds the port after an even one for the allocation to come.
    private mutating func holdNext(
        _ slot: RelaySlot, _ allocation: UInt32, _ claim: QuotaClaim, _ request: Request,
        _ sockets: inout some RelaySockets & ~Copyable
    ) -> RelaySocketResult {
        let next = TransportAddress(ports.relays[Int(slot.relay)].local, port: slot.port + 1)
        let socket: HeldRelaySocket
        switch sockets.hold(next) {
        case .held(let held): socket = held
        case .addressInUse: return .addressInUse
        case .failed: return .failed
        }
        let token = random.next() | 1
        guard
            authority.reservations.hold(
                next.port, relay: slot.relay, socket, claim: claim, token: token, at: request.now)
        else {
            sockets.release(socket)
            return .failed
        }
        let end = request.now.advanced(bySeconds: configuration.reservationSeconds)
        reservationsEnd = min(reservationsEnd ?? end, end)
        allocations[allocation].made.reservationToken = token
        return .opened
    }

    /// The success that the allocation's client gets, however often it asks (RFC 8656 §7.2).
    private func writeAllocated(_ allocation: UInt32, _ request: Request, _ answer: inout MessageWriter) {
        let made = allocations[allocation].made
        answer.begin(.success, answering: request.header)
        for family in IPAddress.Family.allCases where allocations[allocation][family].isLive {
            answer.add(.xorRelayedAddress, xor: advertised(allocations[allocation][family]))
        }
        answer.add(.xorMappedAddress, xor: request.fiveTuple.client)
        answer.add(.lifetime, made.lifetime)
        if made.reservationToken != 0 { answer.add(.reservationToken, made.reservationToken) }
        if let code = made.additionalFamilyError {
            answer.add(code, for: allocations[allocation].ipv4.isLive ? .ipv6 : .ipv4)
        }
    }
}

extension ErrorCode {
    /// As ADDRESS-ERROR-CODE has it, which knows two reasons (RFC 8656 §18.12).
    fileprivate var inAddressErrorCode: ErrorCode {
        self == .addressFamilyNotSupported ? self : .insufficientCapacity
    }
}
