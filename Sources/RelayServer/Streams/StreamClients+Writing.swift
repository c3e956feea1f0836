import Addresses
import CDatagrams
import Glibc
import Loops
import TLS
import TURN
import Timing

extension StreamClients {
    /// Adds one frame to a client's outbox, or drops it where the outbox is at its high-water mark.
    ///
    /// Media is dropped at `StreamLimits.outboxBytes`; answers have a reserve beyond. The bytes are copied; nothing is
    /// written before ``write(path:)``.
    ///
    /// - Parameter handle: of the client's `ClientRoute`; one that is no longer there is ignored.
    @inline(__always)
    mutating func append(_ handle: UInt32, _ frame: OutgoingFrame) {
        guard let client = table.client(handle), client.pointee.abandoned == nil else { return }
        if client.pointee.outbox.append(frame, limit: limits.outboxBytes, memory: &memory) {
            if !client.pointee.isListed { list(client) }
        } else {
            appendToFull(client, frame)
        }
    }

    private mutating func appendToFull(_ client: UnsafeMutablePointer<StreamClient>, _ frame: OutgoingFrame) {
        if Self.isMedia(frame) {
            counters.droppedPackets &+= 1
            counters.droppedBytes &+= UInt64(frame.byteCount)
            return
        }
        let limit = limits.outboxBytes + limits.answerReserveBytes
        if !client.pointee.outbox.append(frame, limit: limit, memory: &memory) {
            // A client that leaves so many answers unread is not a real client.
            abandon(client, .unread)
        } else if !client.pointee.isListed {
            list(client)
        }
    }

    /// ChannelData or a Data indication.
    private static func isMedia(_ frame: OutgoingFrame) -> Bool {
        let front = frame.header.isEmpty ? frame.payload : frame.header
        guard front.count >= 2 else { return false }
        return front[0] & 0xC0 == 0x40 || (front[0] == 0x00 && front[1] == 0x17)
    }

    private mutating func list(_ client: UnsafeMutablePointer<StreamClient>) {
        client.pointee.isListed = true
        listed.append(client.pointee.route.handle)
    }

    /// Writes what the outboxes of this turn's clients hold, and closes those that end; once, at the end of a turn.
    mutating func write(path: inout some StreamReceiver & ~Copyable) {
        // Input that was read and not yet sent refers to memory that the next turn reads into.
        if arena?.isEmpty == false { path.flush() }
        for handle in listed {
            guard let client = table.client(handle) else { continue }
            client.pointee.isListed = false
            if !client.pointee.isBlocked { flush(client, now: path.now) }
        }
        listed.removeAll(keepingCapacity: true)
        if !closing.isEmpty {
            for handle in closing { remove(handle) }
            closing.removeAll(keepingCapacity: true)
        }
        arena?.removeAll()
        handshakesLeft = limits.handshakesPerTurn
        noteMemory(now: path.now)
    }

    /// Its socket takes bytes again: waiting output leaves at the end of the turn.
    mutating func unblock(_ client: UnsafeMutablePointer<StreamClient>) {
        guard client.pointee.isBlocked else { return }
        client.pointee.isBlocked = false
        registry?.change(
            client.pointee.socket, tag: PollTag(.stream, index: client.pointee.route.handle),
            events: PollRegistry.input)
        if !client.pointee.isListed { list(client) }
    }

    /// Writes the waiting output of one client: in one call, or with TLS in one per record beyond 16 KiB.
    private mutating func flush(_ client: UnsafeMutablePointer<StreamClient>, now: MonotonicTime) {
        while client.pointee.abandoned == nil {
            let bytes = client.pointee.outbox.bytes
            guard let start = bytes.baseAddress, bytes.count > 0 else {
                client.pointee.behindSince = .distantFuture
                return
            }
            switch send(client, start, byteCount: bytes.count) {
            case .done(let count):
                client.pointee.outbox.remove(count, memory: &memory)
                // A socket that took only a part takes no more: the poller reports when it does.
                if client.pointee.tls == nil, count < bytes.count { return block(client, now: now) }
            case .needsRoom, .needsInput: return block(client, now: now)
            case .ended, .failed: return abandon(client, .broken)
            }
        }
    }

    private mutating func send(
        _ client: UnsafeMutablePointer<StreamClient>, _ bytes: UnsafeRawPointer, byteCount: Int
    ) -> TLSSession.Step {
        if client.pointee.tls != nil {
            guard let exchange = arena?.exchange else { return .failed }
            exchange.pointee = TLSExchange(socket: client.pointee.socket)
            return client.pointee.tls?.write(bytes, byteCount: byteCount) ?? .failed
        }
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        let sent = Glibc.send(client.pointee.socket, bytes, byteCount, flags)
        if sent >= 0 { return .done(sent) }
        return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? .needsRoom : .failed
    }

    /// Waits until the socket takes more.
    private mutating func block(_ client: UnsafeMutablePointer<StreamClient>, now: MonotonicTime) {
        guard client.pointee.phase != .closing else { return }
        client.pointee.isBlocked = true
        client.pointee.blockedSince = now
        client.pointee.behindSince = min(client.pointee.behindSince, now)
        registry?.change(
            client.pointee.socket, tag: PollTag(.stream, index: client.pointee.route.handle),
            events: PollRegistry.input | PollRegistry.output)
    }

    /// Writes nothing more to a client. The poller reports the end of its socket, which then ends the client.
    private mutating func abandon(_ client: UnsafeMutablePointer<StreamClient>, _ end: StreamEnd) {
        client.pointee.abandoned = end
        client.pointee.outbox.removeAll(memory: &memory)
        shutdown(client.pointee.socket, Int32(SHUT_RDWR))
    }

    private mutating func remove(_ handle: UInt32) {
        guard let client = table.client(handle) else { return }
        if client.pointee.tls != nil, client.pointee.abandoned == nil, !client.pointee.isBlocked {
            arena?.exchange.pointee = TLSExchange(socket: client.pointee.socket)
            client.pointee.tls?.close()
        }
        client.pointee.outbox.removeAll(memory: &memory)
        client.pointee.partial.removeAll(memory: &memory)
        Glibc.close(client.pointee.socket)
        let fiveTuple = client.pointee.route.fiveTuple
        if fiveTuple.transport == .tls { counters.openTLS &-= 1 } else { counters.openTCP &-= 1 }
        admission.release(client.pointee.admittedAs)
        forget(client.pointee.route)
        table.remove(handle)
    }
}
