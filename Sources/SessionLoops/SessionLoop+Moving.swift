import Glibc
import Loops
import Signaling
import TLS
import Timing

/// How connections come to a loop and leave for another one.
///
/// A connection that moves has left poller and table, and is owned by its ``SessionParcel``; it is in no table before the
/// other loop has put it into its own. It counts as open all the time.
extension SessionLoop {
    /// A join names a room of another loop. A client without a seat moves there at once and asks there; one that has a
    /// seat keeps it until it has the other one, and asks from here.
    mutating func joinElsewhere(
        _ client: UnsafeMutablePointer<SessionClient>, _ request: JoinRequest, _ home: Int
    ) {
        guard client.pointee.room == nil else { return ask(client, request, home) }
        client.pointee.errand = .moves(request, loop: home)
        leaving.append(client.pointee.handle)
    }

    /// Sends a client to the loop that it wants to go to.
    mutating func leave(_ handle: UInt32) {
        guard let client = table.client(handle), !client.pointee.isGone else { return }
        let home: Int
        let errand: SessionParcel.Errand
        switch client.pointee.errand {
        case .moves(let request, let loop): (home, errand) = (loop, .join(request))
        case .follows(let request, _, let loop, let visitor):
            (home, errand) = (loop, .follow(request, visitor: visitor))
        case .none, .asks, .waits, .visits: return
        }
        // Output that waits goes now, if the socket takes it.
        sendLast(client)
        guard !client.pointee.isGone else { return }
        registry.forget(client.pointee.socket)
        deadlines.remove(StreamHandle.index(handle))
        client.pointee.tls?.detach()
        client.pointee.errand = .none
        // Nobody here is held for it: it has no peer here any more.
        release(client.pointee.ledger.emptied())
        let output = Array(client.pointee.outbox.bytes)
        client.pointee.outbox.removeAll(memory: &memory)
        let address = client.pointee.address
        guard let moving = table.take(handle) else { return }
        if !handles[home].queue.post(.take(SessionParcel(moving, errand, output: output))) { closed(address) }
    }

    /// Takes over a connection.
    mutating func take(_ parcel: SessionParcel) {
        guard var client = parcel.take() else { return }
        now = Clock.now()
        client.tls?.attach(to: buffers.exchange)
        switch parcel.errand {
        case .open(let response):
            guard let place = insert(client) else { return }
            opened(place, response)
        case .join(let request):
            guard let place = insert(client) else { return }
            putBack(parcel.output, place)
            guard !place.pointee.isGone else { return }
            joinDrain(place)
            join(place, request)
            goOn(place)
        case .follow(let request, let visitor):
            follow(client, parcel.output, request, visitor)
        }
    }

    /// A new session: the handshake's response, its greeting, and what the client has sent behind its request.
    private mutating func opened(_ client: UnsafeMutablePointer<SessionClient>, _ response: [UInt8]) {
        counters.countOpened()
        response.withUnsafeBytes { post(raw: $0, to: client) }
        post(client.pointee.rules.greeting, to: client)
        joinDrain(client)
        scheduleDeadline(client)
        goOn(client)
    }

    /// A client that comes while the sessions are being closed was on its way when the others were told.
    mutating func joinDrain(_ client: UnsafeMutablePointer<SessionClient>) {
        guard isDraining, !client.pointee.rules.isDraining else { return }
        perform(client.pointee.rules.drain(at: now), client)
    }

    /// Output of a client that the last loop could not send comes first. A client for which there is no room is hung up
    /// on, as one that does not read.
    mutating func putBack(_ output: [UInt8], _ client: UnsafeMutablePointer<SessionClient>) {
        guard !output.isEmpty else { return }
        guard let place = client.pointee.outbox.extend(output.count, limit: .max, memory: &memory) else {
            return hangUp(client)
        }
        output.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: place, count: output.count).copyMemory(from: $0)
        }
        list(client)
    }

    /// Goes on where the client's input was left when it moved.
    mutating func goOn(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isGone else { return }
        if client.pointee.rules.takesMessages { takeKept(client) }
        guard !client.pointee.isGone, !client.pointee.isLeaving else { return }
        if client.pointee.inputHasEnded { perform(client.pointee.rules.inputEnded(), client) }
        updateInterest(client)
        scheduleDeadline(client)
        if !client.pointee.isGone, client.pointee.bufferedByteCount > 0 { noteBuffering(client) }
    }
}
