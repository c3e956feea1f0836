package import Addresses
import BigEndian
package import STUN
package import Timing

/// The short path of data: ChannelData and Send indications from clients, datagrams from peers.
extension TURNServer {
    /// Decides about a packet from a client: a datagram, or one framed message of a stream.
    package mutating func classifyClient(_ packet: RawSpan, from tuple: FiveTuple, now: MonotonicTime)
        -> ClientPacket
    {
        let verdict = verdict(packet, tuple, now)
        if case .drop(let reason) = verdict { counters.count(reason) }
        return verdict
    }

    @inline(__always)
    private mutating func verdict(_ packet: RawSpan, _ tuple: FiveTuple, _ now: MonotonicTime) -> ClientPacket
    {
        guard packet.byteCount >= 4 else { return .drop(.notSTUN) }
        switch packet.uint8(at: 0) &>> 6 {
        case 0b01:
            guard let header = ChannelDataHeader(packet) else { return .drop(.malformed) }
            guard let allocation = allocation(tuple) else { return .drop(.noAllocation) }
            return channelData(header, allocation, now)
        case 0b00:
            guard packet.uint16(at: 0) == SendIndication.messageType, let send = SendIndication(packet) else {
                return .control
            }
            guard let allocation = allocation(tuple) else { return .drop(.noAllocation) }
            return self.send(send, allocation, now)
        default:
            return .drop(.notSTUN)
        }
    }

    /// ChannelData (RFC 8656 §12.6). The policy was asked when the channel was bound.
    @inline(__always)
    private mutating func channelData(
        _ header: ChannelDataHeader, _ allocation: UInt32, _ now: MonotonicTime
    ) -> ClientPacket {
        guard let channel = channel(allocation, header.channel), now < channels[channel].expires else {
            return .drop(.noChannel)
        }
        return deliver(
            allocation, to: channels[channel].peer, channels[channel].target,
            offset: ChannelDataHeader.headerByteCount, byteCount: header.byteCount, dontFragment: false, now)
    }

    /// A Send indication (RFC 8656 §11.2). A permission is for an address; the port is judged here.
    @inline(__always)
    private mutating func send(_ send: SendIndication, _ allocation: UInt32, _ now: MonotonicTime)
        -> ClientPacket
    {
        guard let permission = permission(allocation, send.peer.ip), now < permissions[permission].expires
        else {
            return .drop(.noPermission)
        }
        return deliver(
            allocation, to: send.peer, permissions[permission].target, offset: send.payloadOffset,
            byteCount: send.payloadByteCount, dontFragment: send.dontFragment, now)
    }

    @inline(__always)
    private mutating func deliver(
        _ allocation: UInt32, to peer: TransportAddress, _ target: PeerTarget, offset: Int, byteCount: Int,
        dontFragment: Bool, _ now: MonotonicTime
    ) -> ClientPacket {
        let slot = allocations[allocation][peer.family]
        guard slot.isLive, now < slot.expires else { return .drop(.noAllocation) }
        var owner: RelayedOwner?
        if let relay = target.relay {
            owner = relayedOwners.owner(relay: relay, port: peer.port)
            if owner == nil, !target.bySocket { return .drop(.deadRelayedAddress) }
        }
        if owner == nil, deniedPorts.contains(peer.port) { return .drop(.peerDenied) }
        guard admits(&allocations[allocation].fromClient, byteCount, now) else { return .drop(.bandwidth) }
        if !slot.isUsed { allocations[allocation][peer.family].markUsed() }
        counters.fromClients[Int(allocations[allocation].fiveTuple.transport.rawValue)].count(byteCount)
        guard let owner else {
            return .toPeer(
                AllocationID(index: allocation, generation: allocations[allocation].generation), peer,
                offset: offset, byteCount: byteCount, dontFragment: dontFragment)
        }
        counters.inProcess.count(byteCount)
        return .toRelayed(owner, from: advertised(slot), offset: offset, byteCount: byteCount)
    }

    /// Decides about a datagram of `byteCount` bytes that a peer sent to an allocation's relayed address, by
    /// socket or in process (RFC 8656 §11.3, §12.7).
    package mutating func classifyPeer(
        from peer: TransportAddress, to id: AllocationID, byteCount: Int, now: MonotonicTime
    ) -> PeerPacket {
        guard isLive(id) else { return drop(.noAllocation) }
        let allocation = id.index
        let slot = allocations[allocation][peer.family]
        guard slot.isLive, now < slot.expires else { return drop(.noAllocation) }
        // A peer without permission counts too: it knows the address, and may continue.
        if !slot.isUsed { allocations[allocation][peer.family].markUsed() }
        var number: UInt16 = 0
        if let channel = channel(allocation, to: peer), now < channels[channel].expires {
            guard now < channels[channel].permitted else { return drop(.noPermission) }
            number = channels[channel].number
        } else {
            guard isPermitted(peer.ip, allocation, now) else { return drop(.noPermission) }
            guard byteCount <= DataIndication.maxPayloadByteCount(peer.family) else {
                return drop(.malformed)
            }
        }
        guard admits(&allocations[allocation].toClient, byteCount, now) else { return drop(.bandwidth) }
        counters.toClients[Int(allocations[allocation].fiveTuple.transport.rawValue)].count(byteCount)
        return number == 0 ? .dataIndication : .channelData(number)
    }

    /// Writes the Data indication that tells a client of an ICMP error about a datagram to `peer`; false if the client
    /// is not to know (RFC 8656 §11.5). `data` is the next hop's MTU when the packet was too big, else 0.
    package mutating func reportICMP(
        type: UInt8, code: UInt8, data: UInt32, about peer: TransportAddress, to id: AllocationID,
        now: MonotonicTime,
        answer: inout MessageWriter
    ) -> Bool {
        // Destination unreachable and time exceeded; for IPv6 also packet too big.
        let isReported = peer.family == .ipv4 ? type == 3 || type == 11 : (1...3).contains(type)
        guard isReported, isLive(id), allocations[id.index][peer.family].isLive,
            isPermitted(peer.ip, id.index, now)
        else { return false }
        answer.writeDataIndication(peer: peer, icmpType: type, code: code, data: data, nextTransactionID())
        return true
    }

    @inline(__always)
    private func isPermitted(_ ip: IPAddress, _ allocation: UInt32, _ now: MonotonicTime) -> Bool {
        guard let permission = permission(allocation, ip) else { return false }
        return now < permissions[permission].expires
    }

    /// Both limits of a direction; off unless configured.
    @inline(__always)
    private func admits(_ limit: inout DirectionLimit, _ byteCount: Int, _ now: MonotonicTime) -> Bool {
        if !bytePrice.isOn && !packetPrice.isOn { return true }
        return limit.bytes.admits(byteCount, bytePrice, at: now)
            && limit.packets.admits(1, packetPrice, at: now)
    }

    private mutating func drop(_ reason: DropReason) -> PeerPacket {
        counters.count(reason)
        return .drop(reason)
    }
}
