import Glibc
import Loops
import Signaling
import Timing
import WebSocket

/// How sessions end.
extension SessionLoop {
    /// Ends a session: the others are told at once, the client gets a moment to take a close frame.
    mutating func end(_ client: UnsafeMutablePointer<SessionClient>, _ ending: Ending) {
        counters.count(ending.reason)
        leaveRooms(client, .disconnected)
        switch ending.farewell {
        case .none: hangUp(client)
        case .closeFrame(let code):
            if ending.discardsOutbox || client.pointee.ledger.hasOverflowed { discardOutbox(client) }
            postClose(code, to: client)
            // Nothing more is taken.
            release(client.pointee.ledger.close())
            client.pointee.offeredByteCount = client.pointee.outbox.byteCount
            if !client.pointee.isBlocked { flush(client, isLast: true) }
            guard !client.pointee.isGone else { return }
            client.pointee.closesOutput = true
            if ending.readsAgain { updateInterest(client) }
            scheduleDeadline(client)
            guard client.pointee.outbox.isEmpty else { return }
            if ending.isAnswer { hangUp(client) } else { closeOutput(client) }
        }
    }

    private mutating func postClose(_ code: UInt16?, to client: UnsafeMutablePointer<SessionClient>) {
        guard let code else {
            return post(.close, payload: UnsafeRawBufferPointer(start: nil, count: 0), to: client)
        }
        withUnsafeBytes(of: code.bigEndian) { post(.close, payload: $0, to: client) }
    }

    /// Drops what waits; but for what has been offered, of which the socket may have taken the beginning of a frame.
    private mutating func discardOutbox(_ client: UnsafeMutablePointer<SessionClient>) {
        client.pointee.outbox.keepFirst(client.pointee.offeredByteCount, memory: &memory)
        client.pointee.forwarded = 0
        client.pointee.ledger.discarded()
    }

    /// The connection is over: all parties that counted on it are told, once. Its place is emptied with the turn.
    mutating func hangUp(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isGone else { return }
        client.pointee.isGone = true
        gone.append(client.pointee.handle)
        switch client.pointee.rules.disconnected() {
        case .nothing: return
        case .depart: break
        case .departUnannounced(let reason): if !client.pointee.isVisitor { counters.count(reason) }
        }
        leaveRooms(client, .disconnected)
        release(client.pointee.ledger.close())
    }

    /// Empties the place of a client that is gone.
    mutating func remove(_ handle: UInt32) {
        guard let client = table.client(handle) else { return }
        if !client.pointee.isVisitor {
            if client.pointee.outbox.isEmpty, !client.pointee.outputHasEnded { sayGoodbye(client) }
            closed(client.pointee.address)
        }
        client.pointee.outbox.removeAll(memory: &memory)
        deadlines.remove(StreamHandle.index(handle))
        table.remove(handle)
    }

    /// Drops kept input: the session is about to end.
    mutating func forgetInput(of client: UnsafeMutablePointer<SessionClient>) {
        client.pointee.kept = []
        guard let decoder = client.pointee.decoder else { return }
        client.pointee.decoder = nil
        SessionBuffers.free(decoder)
    }
}
