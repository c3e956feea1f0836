import Addresses
import Loops
import STUN
import TURN

/// From clients: datagrams, and what all clients' packets have in common.
extension PacketPath {
    /// Takes the datagrams that wait at a listener and sends them on.
    mutating func readClients(_ index: Int) {
        let listener = listeners[index]
        for _ in 0..<Self.maxReads {
            let count = fromClients.receive(from: listener.descriptor, count: Self.listenerBatch)
            counters.receiveCalls &+= 1
            for slot in 0..<count {
                guard let datagram = fromClients.takeDatagram(slot) else { continue }
                let server = TransportAddress(
                    datagram.localIP ?? listener.address.ip, port: listener.address.port)
                let route = ClientRoute(
                    fiveTuple: FiveTuple(client: datagram.source, server: server, transport: .udp),
                    handle: UInt32(truncatingIfNeeded: index))
                relayRun(datagram, from: route)
            }
            flush()
            if count < Self.listenerBatch { return }
        }
    }

    /// Takes each datagram of a run separately: they share only their sender and size.
    @inline(__always)
    private mutating func relayRun(_ datagram: ReceivedDatagram, from route: ClientRoute) {
        guard let start = datagram.bytes.baseAddress else { return }
        var offset = 0
        repeat {
            let byteCount = min(datagram.segmentByteCount, datagram.bytes.count &- offset)
            counters.received &+= 1
            let packet = UnsafeMutableRawBufferPointer(start: start + offset, count: byteCount)
            relayPacket(
                packet, from: route, tailroom: offset &+ byteCount == datagram.bytes.count ? 3 : 0)
            offset &+= byteCount
        } while offset < datagram.bytes.count
    }

    /// Judges a packet and queues what it carries, or its answer.
    ///
    /// - Parameter tailroom: bytes behind the packet that may be overwritten.
    @inline(__always)
    mutating func relayPacket(
        _ packet: UnsafeMutableRawBufferPointer, from route: ClientRoute, tailroom: Int
    ) {
        let bytes = UnsafeRawBufferPointer(packet)
        switch turn.classifyClient(bytes.bytes, from: route.fiveTuple, now: now) {
        case .toPeer(let allocation, let peer, let offset, let byteCount, let dontFragment):
            guard let start = packet.baseAddress else { return }
            send(
                start + offset, byteCount, to: peer, from: sockets.descriptor(allocation, peer.family),
                dontFragment: dontFragment)
        case .toRelayed(let owner, let sender, let offset, let byteCount):
            guard let start = packet.baseAddress else { return }
            let payload = Payload(
                start: start + offset, byteCount: byteCount, headroom: offset,
                tailroom: offset &+ byteCount == packet.count ? tailroom : packet.count &- offset &- byteCount
            )
            deliver(payload, to: owner, from: sender)
        case .control:
            answerMessage(bytes, from: route)
        case .drop:
            return
        }
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
        _ payload: Payload, to owner: RelayedOwner, from sender: TransportAddress
    ) {
        if owner.loop == turn.loop {
            sendToClient(payload, of: owner.allocation, from: sender)
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
    private mutating func answerMessage(_ message: UnsafeRawBufferPointer, from route: ClientRoute) {
        var writer = nextAnswer()
        let outcome = turn.handle(
            message.bytes, from: route, now: now, wallClock: Clock.unixTime(), sockets: &sockets,
            answer: &writer)
        guard outcome == .answer, writer.byteCount > 0 else { return }
        sendAnswer(answers.keep(writer), to: route)
    }

    /// A writer into memory that lasts until the next flush.
    mutating func nextAnswer() -> MessageWriter {
        if answers.isFull {
            outgoing.flush()
            answers.removeAll()
        }
        return answers.writer()
    }

    /// Queues an answer for a client.
    mutating func sendAnswer(_ answer: UnsafeRawBufferPointer, to route: ClientRoute) {
        guard let start = answer.baseAddress else { return }
        let frame = OutgoingFrame(payload: start, payloadByteCount: answer.count)
        if route.fiveTuple.transport.isStream {
            outboxes.append(route.handle, frame)
        } else {
            if outgoing.isFull { outgoing.flush() }
            outgoing.add(frame, to: path(to: route))
        }
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
