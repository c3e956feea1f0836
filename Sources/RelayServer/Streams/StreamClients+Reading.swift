import Addresses
import CDatagrams
import Glibc
import Loops
import STUN
import TLS
import TURN

extension StreamClients {
    /// The result of one read of a client's socket.
    enum Received {
        /// The number of bytes, decrypted if necessary.
        case bytes(Int)
        /// The number of bytes, at least one, followed by the close of a TLS client.
        case lastBytes(Int)
        case ended(StreamEnd)
    }

    /// Reads a client once and hands its whole messages on.
    mutating func read(
        _ client: UnsafeMutablePointer<StreamClient>, path: inout some StreamReceiver & ~Copyable
    ) {
        if let end = client.pointee.abandoned { return finish(client, end, path: &path) }
        if client.pointee.phase == .proxied {
            switch readProxyHeader(client, path: &path) {
            case .waiting: return
            case .ended(let end): return finish(client, end, path: &path)
            case .complete: break
            }
        }
        if client.pointee.phase == .handshaking {
            // Its readiness is reported again in the next turn.
            guard handshakesLeft > 0 else { return }
            handshakesLeft -= 1
        }
        makeRoom(path: &path)
        guard let place = arena?.next else { return }
        let kept = client.pointee.partial.byteCount
        let received =
            client.pointee.route.fiveTuple.transport == .tls
            ? receiveTLS(client, into: place + kept) : receiveTCP(client, into: place + kept)
        switch received {
        case .ended(let end): finish(client, end, path: &path)
        case .bytes(let count):
            guard count > 0 else { return }
            client.pointee.receivedAt = path.now
            relayMessages(client, place, keptByteCount: kept, arrivedByteCount: count, path: &path)
        case .lastBytes(let count):
            relayMessages(client, place, keptByteCount: kept, arrivedByteCount: count, path: &path)
            finish(client, .client, path: &path)
        }
    }

    /// Makes sure that another read fits in the arena.
    mutating func makeRoom(path: inout some StreamReceiver & ~Copyable) {
        if arena?.hasRoom == false {
            path.flush()
            arena?.removeAll()
        }
    }

    /// Appends the new bytes to those that were kept, hands on complete messages and keeps the rest.
    mutating func relayMessages(
        _ client: UnsafeMutablePointer<StreamClient>, _ place: UnsafeMutableRawPointer,
        keptByteCount kept: Int,
        arrivedByteCount arrived: Int, path: inout some StreamReceiver & ~Copyable
    ) {
        if kept > 0 {
            // A long message that comes in small pieces is not copied with each of them.
            if client.pointee.partial.isIncomplete(with: arrived) {
                return keep(client, place + kept, byteCount: arrived, whole: nil, path: &path)
            }
            client.pointee.partial.move(to: place, memory: &path.outboxes.memory)
        }
        let byteCount = kept &+ arrived
        arena?.keep(byteCount)
        var offset = 0
        while offset < byteCount {
            let rest = UnsafeMutableRawBufferPointer(start: place + offset, count: byteCount &- offset)
            switch frame(of: client, rest) {
            case .message(let count):
                if client.pointee.phase == .silent { client.pointee.phase = .open }
                path.relayFrame(.init(rebasing: rest.prefix(count)), from: client.pointee.route)
                offset &+= count
            case .channelData(let count, let padded):
                path.relayFrame(.init(rebasing: rest.prefix(count)), from: client.pointee.route)
                offset &+= padded
            case .needMore(let whole):
                client.pointee.partialSince = path.now
                return keep(client, place + offset, byteCount: rest.count, whole: whole, path: &path)
            case .malformed: return finish(client, .malformed, path: &path)
            }
        }
    }

    /// The message at the front. The first one must be STUN, and not long: a client that speaks another protocol is
    /// detected before any memory is used for it.
    @inline(__always)
    private func frame(
        of client: UnsafeMutablePointer<StreamClient>, _ bytes: UnsafeMutableRawBufferPointer
    ) -> StreamFramer.Frame {
        let bytes = UnsafeRawBufferPointer(bytes)
        guard client.pointee.phase == .silent else { return StreamFramer().next(bytes.bytes) }
        guard let first = bytes.first, first < 0x40 else { return .malformed }
        return StreamFramer(maxBytes: StreamLimits.firstMessageBytes).next(bytes.bytes)
    }

    private mutating func keep(
        _ client: UnsafeMutablePointer<StreamClient>, _ bytes: UnsafeRawPointer, byteCount: Int, whole: Int?,
        path: inout some StreamReceiver & ~Copyable
    ) {
        if !client.pointee.partial.append(
            bytes, byteCount: byteCount, whole: whole, memory: &path.outboxes.memory)
        {
            finish(client, .malformed, path: &path)
        }
    }

    // MARK: - Sockets

    private mutating func receiveTCP(
        _ client: UnsafeMutablePointer<StreamClient>, into place: UnsafeMutableRawPointer
    ) -> Received {
        let count = recv(client.pointee.socket, place, StreamArena.readBytes, Int32(MSG_DONTWAIT))
        if count > 0 { return .bytes(count) }
        return count == 0 ? .ended(.client) : Self.failure
    }

    /// Reads records, and goes on with the handshake or decrypts them.
    private mutating func receiveTLS(
        _ client: UnsafeMutablePointer<StreamClient>, into place: UnsafeMutableRawPointer
    ) -> Received {
        guard let ciphertext = arena?.ciphertext, let exchange = arena?.exchange else { return .bytes(0) }
        let count = recv(client.pointee.socket, ciphertext, StreamArena.readBytes, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            guard count == 0 else { return Self.failure }
            return .ended(client.pointee.phase == .handshaking ? .handshake : .client)
        }
        exchange.pointee = TLSExchange(
            socket: client.pointee.socket, input: ciphertext, inputByteCount: count)
        if client.pointee.tls == nil {
            refreshContext()
            guard let context else { return .ended(.exhausted) }
            client.pointee.tls = TLSSession(context, exchange: exchange)
            if client.pointee.tls == nil { return .ended(.exhausted) }
        }
        if client.pointee.phase == .handshaking {
            switch client.pointee.tls?.handshake() {
            case .done:
                client.pointee.phase = .silent
                counters.handshakes &+= 1
            case .needsInput: return .bytes(0)
            default: return .ended(.handshake)
            }
        }
        return decrypt(client, into: place)
    }

    /// Decrypts all that has been read. A session never keeps input for later, so what asks for room in the middle of
    /// it, an answer to a change of keys for a client that does not read, is an end.
    private mutating func decrypt(
        _ client: UnsafeMutablePointer<StreamClient>, into place: UnsafeMutableRawPointer
    ) -> Received {
        var total = 0
        while true {
            switch client.pointee.tls?.read(into: place + total, byteCount: StreamArena.limit &- total) {
            case .done(let count): total &+= count
            case .needsInput: return .bytes(total)
            case .needsRoom: return .ended(.unread)
            case .ended: return total > 0 ? .lastBytes(total) : .ended(.client)
            case .failed, nil: return .ended(.broken)
            }
        }
    }

    private static var failure: Received {
        errno == EAGAIN || errno == EINTR ? .bytes(0) : .ended(.broken)
    }

    /// Takes another certificate if there is one.
    private mutating func refreshContext() {
        guard let certificates else { return }
        let generation = certificates.generation
        guard generation != contextGeneration else { return }
        contextGeneration = generation
        context = certificates.current
    }
}
