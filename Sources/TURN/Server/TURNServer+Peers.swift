import Addresses
import STUN
import Timing

/// CreatePermission (RFC 8656 §10.2) and ChannelBind (§12.2): both ask the policy, both install permissions.
extension TURNServer {
    /// A peer that passed the policy.
    private struct Admitted: BitwiseCopyable {
        let ip: IPAddress
        let target: PeerTarget
    }

    mutating func createPermission(
        _ request: Request, _ message: RawSpan, _ caller: Caller, _ existing: UInt32?,
        _ answer: inout MessageWriter
    ) throws(Refusal) {
        let allocation = try owned(existing, by: caller)
        let peers = try peers(request.index, message)
        guard !peers.isEmpty else { throw Refusal(.badRequest) }
        // All or none (RFC 8656 §10.2): judge first, then install.
        var admitted: [Admitted] = []
        for peer in peers {
            let target = try admit(peer, allocation)
            if !admitted.contains(where: { $0.ip == peer.ip }) {
                admitted.append(Admitted(ip: peer.ip, target: target))
            }
        }
        try makeRoom(
            for: admitted.count { permission(allocation, $0.ip) == nil }, allocation, at: request.now)
        for peer in admitted { permit(peer.ip, peer.target, allocation, at: request.now) }
        answer.begin(.success, answering: request.header)
    }

    mutating func bindChannel(
        _ request: Request, _ message: RawSpan, _ caller: Caller, _ existing: UInt32?,
        _ answer: inout MessageWriter
    ) throws(Refusal) {
        let allocation = try owned(existing, by: caller)
        let (number, peer) = try channelAndPeer(request.index, message)
        let target = try admit(peer, allocation)
        if target.relay == nil || target.bySocket, deniedPorts.contains(peer.port),
            owner(of: peer, target) == nil
        {
            counters.peerDenials[Int(PeerDenial.port.rawValue)] &+= 1
            throw Refusal(.forbidden)
        }
        sweep(allocation, at: request.now)
        let bound = channel(allocation, number)
        // A number has one peer and a peer one number (RFC 8656 §12.2).
        guard bound == channel(allocation, to: peer) else { throw Refusal(.badRequest) }
        if bound == nil, Int(allocations[allocation].channelCount) >= configuration.maxChannels {
            throw Refusal(.insufficientCapacity)
        }
        try makeRoom(for: permission(allocation, peer.ip) == nil ? 1 : 0, allocation, at: request.now)
        let channel = bound ?? addChannel(number, peer, target, allocation)
        channels[channel].expires = request.now.advanced(bySeconds: configuration.channelSeconds)
        deadlines.bringForward(allocation, to: channels[channel].expires)
        permit(peer.ip, target, allocation, at: request.now)
        answer.begin(.success, answering: request.header)
    }

    /// All XOR-PEER-ADDRESS attributes of a message.
    private func peers(_ index: MessageIndex, _ bytes: RawSpan) throws(Refusal) -> [TransportAddress] {
        var peers: [TransportAddress] = []
        do throws(DecodingError) {
            for position in 0..<index.count where index[position].type == .xorPeerAddress {
                peers.append(try index.xorAddress(of: index[position], in: bytes))
            }
        } catch {
            throw Refusal(.badRequest)
        }
        return peers
    }

    private func channelAndPeer(
        _ index: MessageIndex, _ bytes: RawSpan
    ) throws(Refusal) -> (UInt16, TransportAddress) {
        let number: UInt16?
        let peer: TransportAddress?
        do throws(DecodingError) {
            number = try index.channelNumber(in: bytes)
            peer = try index.xorAddress(.xorPeerAddress, in: bytes)
        } catch {
            throw Refusal(.badRequest)
        }
        guard let number, let peer, ChannelDataHeader.channels.contains(number) else {
            throw Refusal(.badRequest)
        }
        return (number, peer)
    }

    /// Asks the policy about a peer of an allocation: 443 for the other family, 403 for an address that may not be
    /// a peer.
    private mutating func admit(_ peer: TransportAddress, _ allocation: UInt32) throws(Refusal) -> PeerTarget
    {
        guard allocations[allocation][peer.family].isLive else { throw Refusal(.peerAddressFamilyMismatch) }
        let denial: PeerDenial
        switch authority.judgePeer(peer.ip) {
        case .reachable: return .elsewhere
        case .relayed(let number, let otherPorts):
            let target = PeerTarget.relayed(number, otherPorts: otherPorts)
            // At our own addresses, only a port that one of our clients holds is a peer.
            if otherPorts || owner(of: peer, target) != nil { return target }
            denial = .deadRelayedAddress
        case .denied(let reason): denial = reason
        }
        counters.peerDenials[Int(denial.rawValue)] &+= 1
        throw Refusal(.forbidden)
    }

    private func owner(of peer: TransportAddress, _ target: PeerTarget) -> RelayedOwner? {
        target.relay.flatMap { relayedOwners.owner(relay: $0, port: peer.port) }
    }

    /// Makes sure that an allocation can have more permissions: 508 if not (RFC 8656 §10.2).
    private mutating func makeRoom(for count: Int, _ allocation: UInt32, at now: MonotonicTime)
        throws(Refusal)
    {
        if Int(allocations[allocation].permissionCount) + count > configuration.maxPermissions {
            sweep(allocation, at: now)
        }
        guard Int(allocations[allocation].permissionCount) + count <= configuration.maxPermissions else {
            throw Refusal(.insufficientCapacity)
        }
    }

    /// Installs a permission or refreshes it, and lets the address's channels know.
    private mutating func permit(
        _ ip: IPAddress, _ target: PeerTarget, _ allocation: UInt32, at now: MonotonicTime
    ) {
        let expires = now.advanced(bySeconds: configuration.permissionSeconds)
        if let permission = permission(allocation, ip) {
            permissions[permission].expires = expires
            permissions[permission].target = target
        } else {
            addPermission(ip, target, allocation, until: expires)
        }
        var channel = allocations[allocation].firstChannel
        while channel != noIndex {
            if channels[channel].peer.ip == ip { channels[channel].permitted = expires }
            channel = channels[channel].next
        }
        deadlines.bringForward(allocation, to: expires)
    }
}
