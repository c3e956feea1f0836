import Addresses
import Loops
import STUN
import TURN

/// From clients.
extension PacketPath {
    /// Takes the datagrams that wait at a listener and sends them on.
    mutating func readClients(_ index: Int, streams: inout StreamClients) {
        let listener = listeners[index]
        for _ in 0..<Self.maxReads {
            let count = fromClients.receive(from: listener.descriptor, count: Self.listenerBatch)
            counters.receiveCalls &+= 1
            for slot in 0..<count {
                guard let datagram = fromClients.take(slot) else { continue }
                let server = TransportAddress(
                    datagram.localIP ?? listener.address.ip, port: listener.address.port)
                let route = ClientRoute(
                    fiveTuple: FiveTuple(client: datagram.source, server: server, transport: .udp),
                    handle: UInt32(truncatingIfNeeded: index))
                relay(datagram, route, &streams)
            }
            flush()
            if count < Self.listenerBatch { return }
        }
    }

    /// Takes each datagram of a run separately: they share only their sender and size.
    @inline(__always)
    private mutating func relay(
        _ datagram: ReceivedDatagram, _ route: ClientRoute, _ streams: inout StreamClients
    ) {
        guard let start = datagram.bytes.baseAddress else { return }
        var offset = 0
        repeat {
            let byteCount = min(datagram.segmentByteCount, datagram.bytes.count &- offset)
            counters.received &+= 1
            let packet = UnsafeMutableRawBufferPointer(start: start + offset, count: byteCount)
            let answer = relay(
                packet, route, tailroom: offset &+ byteCount == datagram.bytes.count ? 3 : 0, &streams)
            if answer.count > 0 { sendAnswer(answer, route) }
            offset &+= byteCount
        } while offset < datagram.bytes.count
    }

    /// Takes one whole frame of a stream client: a STUN message, or ChannelData with or without its padding.
    ///
    /// Its bytes may be overwritten and must stay in place until `flush`, which the caller calls before it uses their
    /// memory again.
    ///
    /// - Returns: the answer for the client, valid until `flush`; empty if there is none.
    mutating func clientFrame(
        _ frame: UnsafeMutableRawBufferPointer, from route: ClientRoute, streams: inout StreamClients
    ) -> UnsafeRawBufferPointer {
        relay(frame, route, tailroom: 0, &streams)
    }

    /// A stream client has gone: its allocations end.
    mutating func clientClosed(_ fiveTuple: FiveTuple) {
        turn.clientClosed(fiveTuple, now: now, sockets: &sockets)
    }

    /// Judges a packet and queues what it carries.
    ///
    /// - Parameter tailroom: bytes behind the packet that may be overwritten.
    /// - Returns: an answer, or nothing.
    @inline(__always)
    private mutating func relay(
        _ packet: UnsafeMutableRawBufferPointer, _ route: ClientRoute, tailroom: Int,
        _ streams: inout StreamClients
    ) -> UnsafeRawBufferPointer {
        let bytes = UnsafeRawBufferPointer(packet)
        switch turn.classifyClient(bytes.bytes, from: route.fiveTuple, now: now) {
        case .toPeer(let allocation, let peer, let offset, let byteCount, let dontFragment):
            guard let start = packet.baseAddress else { break }
            send(
                start + offset, byteCount, to: peer, from: sockets.descriptor(allocation, peer.family),
                dontFragment: dontFragment)
        case .toRelayed(let owner, let sender, let offset, let byteCount):
            guard let start = packet.baseAddress else { break }
            let payload = Payload(
                start: start + offset, byteCount: byteCount, headroom: offset,
                tailroom: offset &+ byteCount == packet.count ? tailroom : packet.count &- offset &- byteCount
            )
            deliver(payload, to: owner, from: sender, &streams)
        case .control:
            return answer(bytes, route)
        case .drop:
            break
        }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }

    @inline(__always)
    private mutating func send(
        _ payload: UnsafeMutableRawPointer, _ byteCount: Int, to peer: TransportAddress,
        from descriptor: Int32,
        dontFragment: Bool
    ) {
        guard descriptor >= 0 else { return }
        if outgoing.isFull { outgoing.flush() }
        counters.relayed &+= 1
        outgoing.add(
            OutgoingFrame(payload: payload, payloadByteCount: byteCount),
            to: .init(socket: descriptor, to: peer, dontFragment: dontFragment))
    }

    /// Delivers to another client of this relay: directly, or through the mailbox of its loop.
    @inline(__always)
    private mutating func deliver(
        _ payload: Payload, to owner: RelayedOwner, from sender: TransportAddress,
        _ streams: inout StreamClients
    ) {
        if owner.loop == turn.loop {
            sendToClient(payload, of: owner.allocation, from: sender, &streams)
        } else if Int(owner.loop) < mailboxes.count {
            let bytes = UnsafeRawBufferPointer(start: payload.start, count: payload.byteCount)
            if mailboxes[Int(owner.loop)].post(bytes, from: sender, to: owner.allocation) {
                loopsToWake |= 1 << UInt32(owner.loop)
            }
        }
    }

    // MARK: Answers

    /// Has the rules answer a message.
    @inline(never)
    private mutating func answer(
        _ message: UnsafeRawBufferPointer, _ route: ClientRoute
    ) -> UnsafeRawBufferPointer {
        var writer = nextAnswer()
        let outcome = turn.handle(
            message.bytes, from: route, now: now, wallClock: Clock.unixTime(), sockets: &sockets,
            answer: &writer)
        guard outcome == .answer, writer.byteCount > 0 else { return .init(start: nil, count: 0) }
        return answers.keep(writer)
    }

    /// A writer into memory that lasts until the next flush.
    mutating func nextAnswer() -> MessageWriter {
        if answers.isFull {
            outgoing.flush()
            answers.removeAll()
        }
        return answers.writer()
    }

    /// Queues an answer for a UDP client.
    mutating func sendAnswer(_ answer: UnsafeRawBufferPointer, _ route: ClientRoute) {
        guard let start = answer.baseAddress else { return }
        if outgoing.isFull { outgoing.flush() }
        outgoing.add(OutgoingFrame(payload: start, payloadByteCount: answer.count), to: path(to: route))
    }

    /// The route to a UDP client: through the listener that it used, from the address that it sent to.
    @inline(__always)
    func path(to route: ClientRoute) -> FlowTable.Path {
        let index = Int(route.handle)
        return FlowTable.Path(
            socket: listeners[index].descriptor, to: route.fiveTuple.client,
            from: listeners[index].isWildcard ? route.fiveTuple.server.ip : nil)
    }
}
