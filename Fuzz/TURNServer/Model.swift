import Addresses
import STUN
import TURN
import Timing

/// What a relay has to do by RFC 8489 and RFC 8656, with lists instead of tables and all in one place. Shares no line
/// with the server it is the measure of.
struct Model {
    struct Relayed {
        var address: TransportAddress
        var expires: MonotonicTime
    }

    struct Allocation {
        var user: User
        var owner: RelayedOwner
        var transaction: TransactionID
        var address: IPAddress
        var relayed: [IPAddress.Family: Relayed]
        var permissions: [IPAddress: MonotonicTime] = [:]
        var channels: [UInt16: (peer: TransportAddress, expires: MonotonicTime)] = [:]
        /// Ports that RESERVATION-TOKEN brought were counted before.
        var account: Account
    }

    /// What counts against a quota.
    struct Account: Equatable {
        let user: String
        let address: IPAddress
    }

    struct Reservation {
        var account: Account
        var address: TransportAddress
        var ends: MonotonicTime
    }

    /// A Refresh that ended an allocation, and the Allocate that had made it.
    struct Ended {
        var made: TransactionID
        var ended: TransactionID
        var until: MonotonicTime
    }

    /// By client.
    var allocations: [Int: Allocation] = [:]
    var reservations: [UInt64: Reservation] = [:]
    var ended: [Int: Ended] = [:]
    var revoked: Set<RoomTag> = []
    var isDraining = false
    /// Who took each relayed address last.
    var payers: [TransportAddress: Account] = [:]
    /// What each address may still allocate, in nanoseconds of waiting, as of a point in time.
    private var credits: [IPAddress: (left: Int64, at: MonotonicTime)] = [:]
    private let limits = World.configuration

    /// Ends what is over.
    mutating func expire(_ now: MonotonicTime) {
        reservations = reservations.filter { now < $0.value.ends }
        for (client, allocation) in allocations {
            var allocation = allocation
            allocation.relayed = allocation.relayed.filter { now < $0.value.expires }
            allocation.permissions = allocation.permissions.filter { now < $0.value }
            allocation.channels = allocation.channels.filter { now < $0.value.expires }
            allocations[client] = allocation.relayed.isEmpty ? nil : allocation
        }
    }

    /// Accounts that are in use, an allocation or a reservation each.
    var accounts: [Account] { allocations.values.map(\.account) + reservations.values.map(\.account) }

    /// The client that receives at a relayed address.
    func holder(of address: TransportAddress) -> Int? {
        allocations.first { $0.value.relayed.values.contains { $0.address == address } }?.key
    }

    // MARK: Who asks

    /// The code of an unsigned refusal: nobody has proved anything.
    func unproved(_ ask: Ask, _ wallClock: UnixTime) -> ErrorCode? {
        guard ask.signature == .right else { return .unauthenticated }
        if ask.nonce.isEmpty { return .staleNonce }
        if ask.features?.contains(.passwordAlgorithms) == true, ask.echoesOffer != ask.namesAlgorithm {
            return .badRequest
        }
        if ask.nonceTime.seconds + limits.nonceSeconds <= wallClock.seconds { return .staleNonce }
        guard ask.user.isKnown, !ask.hidesName || ask.user.isStatic else { return .unauthenticated }
        guard ask.unknown == nil, ask.method == .allocate, allocations[ask.client] == nil else { return nil }
        if let expiry = ask.user.expiry, expiry <= wallClock.seconds { return .unauthenticated }
        if let room = ask.user.room, revoked.contains(room) { return .unauthenticated }
        return nil
    }

    // MARK: What they ask

    /// The code of a signed refusal, nothing for a success. An Allocate may also fail for want of ports.
    func refusal(_ ask: Ask, _ now: MonotonicTime) -> ErrorCode? {
        if ask.unknown != nil { return .unknownAttribute }
        let allocation = allocations[ask.client]
        let ended = self.ended[ask.client].flatMap { now < $0.until ? $0 : nil }
        if ask.method == .allocate { return allocateRefusal(ask, allocation, ended) }
        if ask.method == .refresh, allocation == nil, ended?.ended == ask.transaction { return nil }
        guard let allocation else { return .allocationMismatch }
        guard allocation.user.name == ask.user.name else { return .wrongCredentials }
        switch ask.method {
        case .refresh: return refreshRefusal(ask, allocation)
        case .createPermission: return permissionRefusal(ask, allocation)
        default: return bindRefusal(ask, allocation)
        }
    }

    /// The checks of RFC 8656 §7.2 in their order.
    private func allocateRefusal(_ ask: Ask, _ allocation: Allocation?, _ ended: Ended?) -> ErrorCode? {
        if let allocation {
            return allocation.user.name == ask.user.name && allocation.transaction == ask.transaction
                ? nil : .allocationMismatch
        }
        if ended?.made == ask.transaction { return .allocationMismatch }
        guard let transport = ask.transport else { return .badRequest }
        guard transport == 17 else { return .unsupportedTransportProtocol }
        for family in [ask.family, ask.additionalFamily] where family.map({ $0 != 1 && $0 != 2 }) == true {
            return .addressFamilyNotSupported
        }
        let hasFamily = ask.family != nil || ask.additionalFamily != nil
        if ask.token != nil, hasFamily || ask.evenPort != nil { return .badRequest }
        if ask.family != nil, ask.additionalFamily != nil { return .badRequest }
        if ask.additionalFamily == 1 || ask.additionalFamily == 2 && ask.evenPort == true {
            return .badRequest
        }
        if isDraining { return .insufficientCapacity }
        if let token = ask.token {
            return reservations[token]?.account.user == ask.user.account ? nil : .insufficientCapacity
        }
        let account = self.account(ask)
        if accounts.count(where: { $0.user == account.user }) + ask.portCount > limits.quotas.perUser {
            return .allocationQuotaReached
        }
        if accounts.count(where: { $0.address == account.address }) + ask.portCount > limits.quotas.perAddress
        {
            return .allocationQuotaReached
        }
        return accounts.count + ask.portCount > limits.quotas.total ? .insufficientCapacity : nil
    }

    /// Whether a request asks for ports that nobody has paid for yet.
    func wantsPorts(_ ask: Ask) -> Bool {
        ask.method == .allocate && ask.token == nil && allocations[ask.client] == nil
    }

    /// Takes an attempt from what its address may allocate in a minute; false if that is too little.
    mutating func charge(_ ask: Ask, _ now: MonotonicTime) -> Bool {
        let minute: Int64 = 60_000_000_000
        let address = account(ask).address
        let before = credits[address] ?? (minute, now)
        let left = min(minute, before.left + now.nanoseconds - before.at.nanoseconds)
        let price = minute / Int64(limits.quotas.perAddressAndMinute) * Int64(ask.portCount)
        credits[address] = (left >= price ? left - price : left, now)
        return left >= price
    }

    /// The families of the relayed addresses that a request wants.
    func families(_ ask: Ask) -> [IPAddress.Family] {
        if ask.additionalFamily != nil { return [.ipv4, .ipv6] }
        return [
            ask.family.flatMap { IPAddress.Family(rawValue: $0) }
                ?? Client.all[ask.client].tuple.server.family
        ]
    }

    /// Whether a request asks for more than a fair share of a family's ports, `free` of which are left: a user may have
    /// as many as are free, an address three times as many, and who has none may have one.
    func isOverShare(_ ask: Ask, _ family: IPAddress.Family, _ free: Int, _ taken: Set<TransportAddress>)
        -> Bool
    {
        let bills = taken.filter { $0.family == family }.compactMap { payers[$0] }
        let mine = account(ask)
        let (ofUser, ofAddress) = (
            bills.count { $0.user == mine.user }, bills.count { $0.address == mine.address }
        )
        let left = free + 1 - ask.portCount
        return ofUser > 0 && ofUser + ask.portCount > left
            || ofAddress > 0 && ofAddress + ask.portCount > 3 * left
    }

    /// Ports that somebody pays for: of allocations, reserved, at rest.
    func taken(_ resting: Set<TransportAddress>) -> Set<TransportAddress> {
        resting.union(allocations.values.flatMap { $0.relayed.values.map(\.address) })
            .union(reservations.values.map(\.address))
    }

    func account(_ ask: Ask) -> Account {
        Account(
            user: ask.user.account, address: Self.payingAddress(Client.all[ask.client].tuple.client.ip))
    }

    /// What stands for all addresses that count as one.
    static func payingAddress(_ ip: IPAddress) -> IPAddress {
        ip.family == .ipv4 ? ip : IPAddress(v6High: ip.high, low: 0)
    }

    private func refreshRefusal(_ ask: Ask, _ allocation: Allocation) -> ErrorCode? {
        guard let number = ask.family else { return nil }
        let family = IPAddress.Family(rawValue: number)
        return family.map { allocation.relayed[$0] != nil } == true ? nil : .peerAddressFamilyMismatch
    }

    private func permissionRefusal(_ ask: Ask, _ allocation: Allocation) -> ErrorCode? {
        if ask.peers.isEmpty { return .badRequest }
        for peer in ask.peers {
            if allocation.relayed[peer.family] == nil { return .peerAddressFamilyMismatch }
            if !mayBePeer(peer) { return .forbidden }
        }
        let known = Set(allocation.permissions.keys.filter { allocation.relayed[$0.family] != nil })
        return known.union(ask.peers.map(\.ip)).count > limits.maxPermissions ? .insufficientCapacity : nil
    }

    private func bindRefusal(_ ask: Ask, _ allocation: Allocation) -> ErrorCode? {
        guard let number = ask.channel, let peer = ask.peers.first, (0x4000...0x7FFF).contains(number) else {
            return .badRequest
        }
        if allocation.relayed[peer.family] == nil { return .peerAddressFamilyMismatch }
        if !mayBePeer(peer) || holder(of: peer) == nil && isReflectionPort(peer.port) { return .forbidden }
        let channels = allocation.channels.filter { allocation.relayed[$0.value.peer.family] != nil }
        if channels[number] == nil {
            if channels.values.contains(where: { $0.peer == peer }) { return .badRequest }
            if channels.count >= limits.maxChannels { return .insufficientCapacity }
        } else if channels[number]?.peer != peer {
            return .badRequest
        }
        var asPermission = ask
        asPermission.peers = [peer]
        return permissionRefusal(asPermission, allocation)
    }

    // MARK: Peers

    /// The addresses that a script can name: public ones, and a live relayed address of ours.
    func mayBePeer(_ peer: TransportAddress) -> Bool {
        if peer.ip == World.relayIPv4 || peer.ip == World.relayIPv6 { return holder(of: peer) != nil }
        return Peers.publicAddresses.contains(peer.ip)
    }

    func isReflectionPort(_ port: UInt16) -> Bool { [0, 53, 123, 161, 389, 1900, 11211].contains(port) }

    /// Where data of a client for a peer ends up: nothing, a socket, or another client.
    enum Destination: Equatable {
        case nowhere
        case socket(TransportAddress)
        case client(Int)
    }

    func destination(_ client: Int, _ peer: TransportAddress) -> Destination {
        guard allocations[client]?.relayed[peer.family] != nil else { return .nowhere }
        if let holder = holder(of: peer) { return .client(holder) }
        return mayBePeer(peer) && !isReflectionPort(peer.port) ? .socket(peer) : .nowhere
    }

    /// What a client gets of a datagram from a peer: nothing, a channel's number, or 0 for a Data indication.
    func arrival(_ client: Int, from peer: TransportAddress) -> UInt16? {
        guard let allocation = allocations[client], allocation.relayed[peer.family] != nil,
            allocation.permissions[peer.ip] != nil
        else { return nil }
        return allocation.channels.first { $0.value.peer == peer }?.key ?? 0
    }
}

/// The peers that a script can name, beside the relayed addresses of its clients.
enum Peers {
    static let fixed: [TransportAddress] = [
        "93.184.216.99:4000", "93.184.216.99:4001", "198.41.0.4:53", "198.41.0.4:5000", "10.1.2.3:9",
        "169.254.169.254:80", "[2a00:1450::99]:4000", "[2a00:1450::99]:123", "[::ffff:93.184.216.99]:4000",
        "[fd00::1]:1", "93.184.216.99:0", "93.184.216.34:50003", "93.184.216.100:1", "93.184.216.101:1",
        "93.184.216.102:1", "[2a00:1450::98]:1", "127.0.0.1:50000", "0.0.0.0:1", "[::1]:50000",
        "[64:ff9b::5db8:d863]:4000",
    ].compactMap { TransportAddress($0) }

    static let publicAddresses: Set<IPAddress> = Set(
        [
            "93.184.216.99", "198.41.0.4", "2a00:1450::99", "93.184.216.100", "93.184.216.101",
            "93.184.216.102",
            "2a00:1450::98",
        ].compactMap { IPAddress($0) })
}
