import Addresses
import CDatagrams
import Glibc
import Loops
import TLS
import TURN
import Timing

extension StreamClients {
    /// Writes what the outboxes of this turn's clients hold, and closes those that end; once, at the end of a turn.
    mutating func write(path: inout some StreamReceiver & ~Copyable) {
        // Input that was read and not yet sent refers to memory that the next turn reads into.
        if arena?.isEmpty == false { path.flush() }
        while let handle = path.outboxes.nextListed() {
            guard let client = table.client(handle), client.pointee.abandoned == nil else { continue }
            if path.outboxes.isOverfull(handle) {
                abandon(client, .unread, &path.outboxes)
            } else if !client.pointee.isBlocked {
                writeWaiting(client, &path.outboxes, now: path.now)
            }
        }
        if !closing.isEmpty {
            for handle in closing { remove(handle, &path.outboxes) }
            closing.removeAll(keepingCapacity: true)
        }
        arena?.removeAll()
        handshakesLeft = limits.handshakesPerTurn
        noteMemory(path.outboxes.memory.usedByteCount, now: path.now)
    }

    /// Its socket takes bytes again: waiting output leaves at the end of the turn.
    mutating func unblock(
        _ client: UnsafeMutablePointer<StreamClient>, path: inout some StreamReceiver & ~Copyable
    ) {
        guard client.pointee.isBlocked else { return }
        client.pointee.isBlocked = false
        registry?.change(
            client.pointee.socket, tag: PollTag(.stream, index: client.pointee.route.handle),
            events: PollRegistry.input)
        path.outboxes.list(client.pointee.route.handle)
    }

    /// Writes the waiting output of one client: in one call, or with TLS in one per record beyond 16 KiB.
    private mutating func writeWaiting(
        _ client: UnsafeMutablePointer<StreamClient>, _ outboxes: inout StreamOutboxes, now: MonotonicTime
    ) {
        let handle = client.pointee.route.handle
        while true {
            let bytes = outboxes.waitingBytes(of: handle)
            guard let start = bytes.baseAddress, bytes.count > 0 else {
                client.pointee.behindSince = .distantFuture
                return
            }
            switch send(client, start, byteCount: bytes.count) {
            case .done(let count):
                outboxes.removeWritten(count, of: handle)
                // A socket that took only a part takes no more: the poller reports when it does.
                if client.pointee.tls == nil, count < bytes.count { return block(client, now: now) }
            case .needsRoom, .needsInput: return block(client, now: now)
            case .ended, .failed: return abandon(client, .broken, &outboxes)
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
    private mutating func abandon(
        _ client: UnsafeMutablePointer<StreamClient>, _ end: StreamEnd, _ outboxes: inout StreamOutboxes
    ) {
        client.pointee.abandoned = end
        outboxes.shut(client.pointee.route.handle)
        shutdown(client.pointee.socket, Int32(SHUT_RDWR))
    }

    private mutating func remove(_ handle: UInt32, _ outboxes: inout StreamOutboxes) {
        guard let client = table.client(handle) else { return }
        if client.pointee.tls != nil, client.pointee.abandoned == nil, !client.pointee.isBlocked {
            arena?.exchange.pointee = TLSExchange(socket: client.pointee.socket)
            client.pointee.tls?.close()
        }
        outboxes.close(handle)
        client.pointee.partial.removeAll(memory: &outboxes.memory)
        Glibc.close(client.pointee.socket)
        let fiveTuple = client.pointee.route.fiveTuple
        if fiveTuple.transport == .tls { counters.openTLS &-= 1 } else { counters.openTCP &-= 1 }
        admission.release(client.pointee.admittedAs)
        forget(client.pointee.route)
        table.remove(handle)
    }
}
