package import Addresses
package import STUN
package import Timing

/// The rules of a STUN and TURN server (RFC 8489, RFC 8656) for the clients of one loop, driven by bytes and time.
///
/// Data takes the short path: `classifyClient` and `classifyPeer` look at a packet and return its destination in
/// plain bits; the loop moves the bytes. Every other message goes to `handle`. Nothing on the short path blocks or
/// allocates, and no clock, socket or system randomness is used.
package struct TURNServer: ~Copyable {
    package let authority: RelayAuthority
    /// This loop's number among those that share the authority.
    package let loop: UInt8
    /// What has happened, to be read on this loop.
    package internal(set) var counters = RelayCounters()

    let configuration: TURNConfiguration
    let ports: RelayedPorts
    let relayedOwners: RelayedOwners
    let deniedPorts: PortSet
    let bytePrice: ThroughputLimit.Price
    let packetPrice: ThroughputLimit.Price
    let hash: AddressHash

    var allocations = Slab<Allocation>()
    /// By allocation index: the client that made it. The slow half of an allocation.
    var owners: [Owner?] = []
    var byFiveTuple = IndexTable()
    var byRoom: [RoomTag: [UInt32]] = [:]
    var deadlines = DeadlineTable()
    /// When the next port that is held for the second allocation of a pair must be given back.
    var reservationsEnd: MonotonicTime?

    var permissions = Slab<Permission>()
    var permissionTable = IndexTable()
    var channels = Slab<Channel>()
    var channelsByNumber = IndexTable()
    var channelsByPeer = IndexTable()

    var tombstones: Tombstones
    var answerLimits: AnswerLimits
    var random: SecretRandom
    private var lastGeneration: UInt32 = 0
    private var lastIndication: UInt64
    private let indicationSalt: UInt32

    /// A server for one loop. `random` must not be shared with another loop.
    package init(_ authority: RelayAuthority, loop: UInt8, random: SecretRandom) {
        var random = random
        var configuration = authority.configuration
        configuration.maxPermissions = min(configuration.maxPermissions, TURNConfiguration.permissionBound)
        configuration.maxChannels = min(configuration.maxChannels, TURNConfiguration.channelBound)
        self.authority = authority
        self.loop = loop
        self.configuration = configuration
        ports = authority.ports
        relayedOwners = ports.owners
        deniedPorts = PortSet(configuration.peers.deniedPorts + [0])
        bytePrice = ThroughputLimit.Price(perSecond: configuration.maxBytesPerSecond)
        packetPrice = ThroughputLimit.Price(perSecond: configuration.maxPacketsPerSecond)
        hash = AddressHash(seed: (random.next(), random.next(), random.next(), random.next()))
        lastIndication = random.next()
        indicationSalt = UInt32(truncatingIfNeeded: random.next())
        tombstones = Tombstones(seconds: configuration.tombstoneSeconds)
        answerLimits = AnswerLimits(
            perSecond: configuration.unauthenticatedAnswersPerSecond,
            burst: configuration.unauthenticatedAnswerBurst)
        self.random = random
    }

    /// When `expire` has work to do, if ever.
    package var nextDeadline: MonotonicTime? {
        mutating get {
            guard let first = deadlines.first?.deadline, let held = reservationsEnd else {
                return deadlines.first?.deadline ?? reservationsEnd
            }
            return min(first, held)
        }
    }

    /// Live allocations.
    package var allocationCount: Int { allocations.count }

    /// The route to an allocation's client; nil if it has ended.
    ///
    /// Mutating although nothing changes: borrowed, the whole server would be copied to the stack for the call.
    @inline(__always)
    package mutating func route(of id: AllocationID) -> ClientRoute? {
        guard isLive(id) else { return nil }
        return ClientRoute(
            fiveTuple: allocations[id.index].fiveTuple, handle: allocations[id.index].handle)
    }

    /// An allocation's relayed address of a family, as its client knows it.
    package func relayedAddress(of id: AllocationID, _ family: IPAddress.Family) -> TransportAddress? {
        guard isLive(id), allocations[id.index][family].isLive else { return nil }
        return advertised(allocations[id.index][family])
    }

    /// A transaction id for an indication: fresh, and unlike another loop's.
    @inline(__always)
    package mutating func nextTransactionID() -> TransactionID {
        lastIndication &+= 0x9E37_79B9_7F4A_7C15
        return TransactionID(high: indicationSalt, low: lastIndication)
    }

    mutating func nextGeneration() -> UInt32 {
        lastGeneration = lastGeneration == .max ? 1 : lastGeneration + 1
        return lastGeneration
    }

    @inline(__always)
    func isLive(_ id: AllocationID) -> Bool {
        id.index < allocations.end && allocations[id.index].generation == id.generation
    }

    func id(_ index: UInt32) -> AllocationID {
        AllocationID(index: index, generation: allocations[index].generation)
    }

    @inline(__always)
    func advertised(_ slot: RelaySlot) -> TransportAddress {
        TransportAddress(relayedOwners.advertised(slot.relay), port: slot.port)
    }
}

/// The client that made an allocation. Later requests on its five-tuple must match it (441, RFC 8656 §5).
struct Owner: Sendable {
    let name: Username
    let key: LongTermKey
    let claim: QuotaClaim
    let room: RoomTag?
}
