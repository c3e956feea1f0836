import CDatagrams
import Glibc
import Loops
import Signaling
import TLS
import Timing
import WebSocket

/// Bytes out.
///
/// Everything for a client is appended to its outbox as finished frames, in the order in which it was decided, and leaves
/// when the events at hand have been handled. The socket comes first: no more is offered to it before it has taken what
/// was offered. Its ``OutboxLedger`` says what may wait, and who is held for it.
///
/// Where bytes are written: only into the room that ``StreamOutbox/extend(_:limit:memory:)`` gave for them, whose size
/// ``post(_:byteCount:to:from:_:)`` computes and checks.
extension SessionLoop {
    /// From here on output leaves as soon as the bytes at hand have been handled, while it is in the caches.
    private static let muchBytes = 4_096

    // MARK: Posting

    /// Posts a message of the server's own.
    mutating func post(_ message: ServerMessage, to client: UnsafeMutablePointer<SessionClient>) {
        var json: [UInt8] = []
        swap(&json, &scratch)
        json.removeAll(keepingCapacity: true)
        message.append(to: &json)
        _ = post(.text, byteCount: json.count, to: client, from: nil) { $0.copyBytes(from: json) }
        swap(&json, &scratch)
    }

    /// Posts a control frame.
    mutating func post(
        _ opcode: Opcode, payload: UnsafeRawBufferPointer, to client: UnsafeMutablePointer<SessionClient>
    ) {
        _ = post(opcode, byteCount: payload.count, to: client, from: nil) { $0.copyMemory(from: payload) }
    }

    /// Posts bytes that are no frame of this loop's making: the handshake's response, or frames of another loop.
    mutating func post(raw bytes: UnsafeRawBufferPointer, to client: UnsafeMutablePointer<SessionClient>) {
        _ = post(nil, byteCount: bytes.count, to: client, from: nil) { $0.copyMemory(from: bytes) }
    }

    /// Appends one frame to a client's outbox, if there is room.
    ///
    /// - Parameters:
    ///   - sender: whose message is forwarded; it is told whether it has to wait.
    ///   - write: fills exactly `byteCount` bytes.
    @inline(__always)
    mutating func post(
        _ opcode: Opcode?, byteCount: Int, to client: UnsafeMutablePointer<SessionClient>,
        from sender: UInt32?,
        _ write: (UnsafeMutableRawBufferPointer) -> Void
    ) -> Delivery {
        guard !client.pointee.isGone else { return .dropped }
        switch client.pointee.ledger.admit(
            byteCount, behind: client.pointee.waitingByteCount, settings.outboxBound)
        {
        case .take: break
        case .drop: return .dropped
        case .overflow:
            list(client)
            return .dropped
        }
        let headerByteCount = opcode == nil ? 0 : FrameHeader.length(forPayload: byteCount)
        let length = headerByteCount + byteCount
        guard let place = client.pointee.outbox.extend(length, limit: .max, memory: &memory) else {
            // Beyond every bound: cannot be, and must not be written.
            return .dropped
        }
        let frame = UnsafeMutableRawBufferPointer(start: place, count: length)
        if let opcode { FrameHeader.write(opcode, payloadLength: byteCount, to: frame) }
        write(UnsafeMutableRawBufferPointer(rebasing: frame[headerByteCount...]))
        list(client)
        guard let sender else { return .posted }
        if client.pointee.forwarded == 0 { client.pointee.forwardedSince = now.nanoseconds }
        client.pointee.forwarded &+= 1
        if client.pointee.outbox.byteCount >= Self.muchBytes { hasMuch = true }
        let (delivery, released) = client.pointee.ledger.posted(
            from: sender, waiting: client.pointee.waitingByteCount, settings.outboxBound)
        release(released)
        return delivery
    }

    /// Leaves signals for a client's rules.
    mutating func signal(_ signals: SessionSignals, to client: UnsafeMutablePointer<SessionClient>) {
        if client.pointee.ledger.signal(signals) { list(client) }
    }

    /// A sender that was held for an outbox need wait no longer.
    mutating func release(_ sender: UInt32?) {
        if let sender, let client = table.client(sender) { signal(.peerCaughtUp, to: client) }
    }

    @inline(__always)
    mutating func list(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isListed else { return }
        client.pointee.isListed = true
        listed.append(client.pointee.handle)
    }

    // MARK: The end of a turn

    /// Sends what waits, acts on signals, and lets go of clients that end or move. What that makes for others is done as
    /// well.
    mutating func settle() {
        while true {
            var index = 0
            while index < listed.count {
                if let client = table.client(listed[index]) {
                    client.pointee.isListed = false
                    collect(client)
                }
                index += 1
            }
            listed.removeAll(keepingCapacity: true)
            hasMuch = false
            if leaving.isEmpty { break }
            let handles = leaving
            leaving.removeAll(keepingCapacity: true)
            for handle in handles { leave(handle) }
        }
        guard !gone.isEmpty else { return }
        for handle in gone { remove(handle) }
        gone.removeAll(keepingCapacity: true)
        noteRooms()
    }

    /// Between two clients' events: sends to those that have much.
    mutating func sendMuch() {
        hasMuch = false
        var (index, kept) = (0, 0)
        // What is sent may list others behind those that are looked at.
        while index < listed.count {
            let handle = listed[index]
            index += 1
            guard let client = table.client(handle) else { continue }
            if client.pointee.outbox.byteCount >= Self.muchBytes, !client.pointee.isBlocked {
                client.pointee.isListed = false
                collect(client)
            } else {
                listed[kept] = handle
                kept += 1
            }
        }
        listed.removeSubrange(kept...)
    }

    /// Offers what waits to the socket, if that has taken everything before, and acts on signals.
    private mutating func collect(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isGone, !client.pointee.isLeaving else { return }
        guard !client.pointee.isVisitor else { return passOnSignals(client) }
        let signals = client.pointee.ledger.takeSignals()
        if !client.pointee.isBlocked {
            client.pointee.rules.socketIsFree()
            release(client.pointee.ledger.emptied())
            if !client.pointee.outbox.isEmpty, mayWrite(client, signals) { offer(client) }
        }
        if !signals.isEmpty { act(on: signals, client) }
        guard client.pointee.isBlocked, !client.pointee.isGone else { return }
        noteBuffering(client)
        let waiting = client.pointee.offeredByteCount
        perform(client.pointee.rules.socketIsFull(at: now) { waiting }, client)
    }

    @inline(__always)
    private func mayWrite(_ client: UnsafeMutablePointer<SessionClient>, _ signals: SessionSignals) -> Bool {
        guard !signals.isEmpty else { return true }
        let hasLostSeat = hasLostSeat(client)
        return client.pointee.rules.mayWrite(signals) { hasLostSeat }
    }

    /// Sends what this turn has made for a client that ends or leaves with it.
    mutating func sendLast(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isGone, !client.pointee.isVisitor, !client.pointee.isBlocked else { return }
        if !client.pointee.outbox.isEmpty { offer(client) }
    }

    private mutating func offer(_ client: UnsafeMutablePointer<SessionClient>) {
        client.pointee.offeredByteCount = client.pointee.outbox.byteCount
        flush(client)
        guard client.pointee.forwarded > 0 else { return }
        let elapsed = Clock.now().nanoseconds &- client.pointee.forwardedSince
        counters.countForwarded(Int(client.pointee.forwarded), nanoseconds: elapsed)
        client.pointee.forwarded = 0
    }

    // MARK: Sockets

    /// Sends what was offered, as far as the socket takes it: in one call, or with TLS in one for each record.
    ///
    /// - Parameter isLast: our direction ends behind it, so the kernel may wait for that.
    mutating func flush(_ client: UnsafeMutablePointer<SessionClient>, isLast: Bool = false) {
        while client.pointee.offeredByteCount > 0 {
            let bytes = client.pointee.outbox.bytes
            guard let start = bytes.baseAddress else { return }
            let offered = client.pointee.offeredByteCount
            switch send(client, start, byteCount: offered, isLast: isLast) {
            case .done(let count):
                client.pointee.outbox.remove(count, memory: &memory)
                client.pointee.offeredByteCount = offered &- count
                // A socket that took only a part takes no more: the poller reports when it does.
                if client.pointee.tls == nil, count < offered { return block(client) }
            case .needsRoom, .needsInput: return block(client)
            case .ended, .failed: return hangUp(client)
            }
        }
    }

    private mutating func send(
        _ client: UnsafeMutablePointer<SessionClient>, _ bytes: UnsafeRawPointer, byteCount: Int, isLast: Bool
    ) -> TLSSession.Step {
        if client.pointee.tls != nil {
            buffers.exchange.pointee = TLSExchange(socket: client.pointee.socket)
            return client.pointee.tls?.write(bytes, byteCount: byteCount) ?? .failed
        }
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL) | (isLast ? Int32(MSG_MORE) : 0)
        let sent = Glibc.send(client.pointee.socket, bytes, byteCount, flags)
        if sent >= 0 { return .done(sent) }
        return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? .needsRoom : .failed
    }

    private mutating func block(_ client: UnsafeMutablePointer<SessionClient>) {
        client.pointee.isBlocked = true
        updateInterest(client)
    }

    /// The socket takes bytes again.
    mutating func unblock(_ client: UnsafeMutablePointer<SessionClient>) {
        guard client.pointee.isBlocked else { return }
        client.pointee.isBlocked = false
        flush(client)
        guard !client.pointee.isBlocked, !client.pointee.isGone else { return }
        updateInterest(client)
        if client.pointee.closesOutput { closeOutput(client) } else { list(client) }
    }

    /// Ends our direction, with everything sent.
    mutating func closeOutput(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.outputHasEnded else { return }
        client.pointee.outputHasEnded = true
        sayGoodbye(client)
        shutdown(client.pointee.socket, Int32(SHUT_WR))
    }

    /// Sends TLS's close_notify.
    mutating func sayGoodbye(_ client: UnsafeMutablePointer<SessionClient>) {
        guard client.pointee.tls != nil else { return }
        buffers.exchange.pointee = TLSExchange(socket: client.pointee.socket)
        client.pointee.tls?.close()
    }
}
