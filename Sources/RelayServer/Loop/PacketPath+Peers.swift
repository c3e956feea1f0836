import Addresses
import Loops
import STUN
import TURN

/// Data for a client, in memory that stays until the next flush, and the room around it that may be overwritten.
struct Payload: BitwiseCopyable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
    /// Free bytes in front, for a header.
    let headroom: Int
    /// Free bytes behind, for padding.
    let tailroom: Int
}

/// From peers, by socket or from other loops.
extension PacketPath {
    /// The most data of a peer that is passed on. With the longest header and padding it still fits one
    /// `OutgoingFrame`. Only a loopback carries larger datagrams.
    private static var maxPayload: Int {
        OutgoingFrame.maxPayload &- DataIndication.maxHeaderByteCount &- DataIndication.maxPaddingByteCount
    }

    /// Takes the datagrams that wait at a relay socket and queues them for the client.
    mutating func readPeers(_ tag: PollTag, events: UInt32) {
        guard let socket = sockets.entry(tag) else { return }
        if events & PollRegistry.error != 0 { readErrors(socket) }
        for _ in 0..<Self.maxReads {
            if peerSlots &+ Self.relayRead > Self.relayBatch { flush() }
            let first = peerSlots
            let count = fromPeers.receive(from: socket.descriptor, first: first, count: Self.relayRead)
            counters.receiveCalls &+= 1
            peerSlots = first &+ count
            for slot in first..<first &+ count {
                if let datagram = fromPeers.takeDatagram(slot) {
                    relayFromPeer(datagram, to: socket.allocation)
                }
            }
            if count < Self.relayRead { return }
        }
    }

    @inline(__always)
    private mutating func relayFromPeer(_ datagram: ReceivedDatagram, to allocation: AllocationID) {
        guard let start = datagram.bytes.baseAddress else { return }
        var offset = 0
        repeat {
            let byteCount = min(datagram.segmentByteCount, datagram.bytes.count &- offset)
            counters.received &+= 1
            let payload = Payload(
                start: start + offset, byteCount: byteCount,
                headroom: offset == 0 ? ReceiveBatch.headroom : 0,
                tailroom: offset &+ byteCount == datagram.bytes.count ? ReceiveBatch.tailroom : 0)
            sendToClient(payload, of: allocation, from: datagram.source)
            offset &+= byteCount
        } while offset < datagram.bytes.count
    }

    /// Takes the packets that other loops have left.
    mutating func readMailbox(_ packets: borrowing MailboxPackets) {
        var place = 0
        while let (record, start, next) = packets.packet(at: place) {
            let payload = Payload(
                start: start, byteCount: record.byteCount, headroom: MailboxPackets.headroom,
                tailroom: MailboxPackets.tailroom)
            sendToClient(payload, of: record.receiver, from: record.sender)
            place = next
        }
        flush()
    }

    /// Judges a peer's packet and queues it for the allocation's client as ChannelData or Data indication.
    @inline(__always)
    mutating func sendToClient(
        _ payload: Payload, of allocation: AllocationID, from peer: TransportAddress
    ) {
        let verdict = turn.classifyPeer(from: peer, to: allocation, byteCount: payload.byteCount, now: now)
        if case .drop = verdict { return }
        guard let route = turn.route(of: allocation) else { return }
        guard payload.byteCount <= Self.maxPayload else {
            counters.tooLarge &+= 1
            return
        }
        if outgoing.isFull { outgoing.flush() }
        counters.relayed &+= 1
        let isStream = route.fiveTuple.transport.isStream
        let frame: OutgoingFrame
        switch verdict {
        case .channelData(let number):
            let padding = isStream ? (0 &- payload.byteCount) & 3 : 0
            frame = wrap(payload, headerByteCount: ChannelDataHeader.headerByteCount, padding: padding) {
                $0.storeBytes(
                    of: ChannelDataHeader.word(channel: number, byteCount: payload.byteCount), as: UInt32.self
                )
            }
        case .dataIndication:
            let padding = DataIndication.paddingByteCount(payloadByteCount: payload.byteCount)
            let id = turn.nextTransactionID()
            frame = wrap(
                payload, headerByteCount: DataIndication.headerByteCount(peer.family), padding: padding
            ) {
                DataIndication.writeHeader(to: $0, peer: peer, payloadByteCount: payload.byteCount, id)
            }
        case .drop:
            return
        }
        if isStream {
            outboxes.append(route.handle, frame)
        } else {
            outgoing.add(frame, to: path(to: route))
        }
    }

    /// Puts header and padding around a payload: in place if there is room, otherwise in memory of their own.
    @inline(__always)
    private func wrap(
        _ payload: Payload, headerByteCount: Int, padding: Int, _ write: (UnsafeMutableRawPointer) -> Void
    ) -> OutgoingFrame {
        var padding = padding
        var end = payload.byteCount
        while padding > 0, payload.tailroom > end &- payload.byteCount {
            payload.start.storeBytes(of: 0, toByteOffset: end, as: UInt8.self)
            end &+= 1
            padding &-= 1
        }
        if payload.headroom >= headerByteCount {
            let start = payload.start - headerByteCount
            write(start)
            return OutgoingFrame(
                payload: start, payloadByteCount: headerByteCount &+ end, paddingByteCount: padding)
        }
        let header = outgoing.headerRoom
        write(header)
        return OutgoingFrame(
            header: header, headerByteCount: headerByteCount, payload: payload.start, payloadByteCount: end,
            paddingByteCount: padding)
    }
}
