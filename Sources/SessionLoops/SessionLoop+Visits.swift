import Loops
import Signaling
import Timing

/// Seats in rooms of another loop, for clients that have a seat on this one.
///
/// Such a client keeps its seat until it has the other one. So it stays here and asks (`.ask`), and the other loop makes a
/// *visitor*, which stands for it there: it waits for the seat in its place, and when it gets the seat, it holds the seat
/// and collects what comes for its client. The answer (`.answer`) goes back. With a seat, the client gives up its own,
/// moves, and takes the visitor's place. Its input waits from the question to the answer, as it does for the store.
///
/// Every question has a number. An answer, or news of the visitor (`.tell`), that does not fit the client's last question
/// comes too late; a visitor that its client does not want any more is dismissed (`.dismiss`).
extension SessionLoop {
    // MARK: The client's loop

    /// Asks another loop for a seat.
    mutating func ask(_ client: UnsafeMutablePointer<SessionClient>, _ request: JoinRequest, _ home: Int) {
        var visitor: UInt32?
        if case .waits(_, home, let known) = client.pointee.errand { visitor = known }
        lastSerial &+= 1
        client.pointee.errand = .asks(request, serial: lastSerial, loop: home, visitor: visitor)
        let question = SeatRequest(
            request: request, loop: number, client: client.pointee.handle, serial: lastSerial,
            id: client.pointee.rules.participant.id, visitor: visitor)
        handles[home].queue.post(.ask(question))
        perform(client.pointee.rules.joinTakesTime(request, at: now), client)
    }

    /// The other loop has answered.
    mutating func answered(_ handle: UInt32, _ serial: UInt64, _ answer: SeatAnswer) {
        guard let client = table.client(handle), !client.pointee.isGone,
            case .asks(let request, serial, _, _) = client.pointee.errand
        else {
            if let visitor = answer.visitor { dismiss(visitor, serial, on: answer.loop) }
            return
        }
        now = Clock.now()
        client.pointee.errand = .none
        switch (answer.result, answer.visitor) {
        case (.seated, let visitor?):
            leaveRoom(client, .left)
            client.pointee.errand = .follows(request, serial: serial, loop: answer.loop, visitor: visitor)
            leaving.append(handle)
        case (.waiting(let retry), let visitor?):
            client.pointee.errand = .waits(serial: serial, loop: answer.loop, visitor: visitor)
            perform(client.pointee.rules.joined(request, .waiting(retry: retry), at: now), client)
        default:
            counters.count(.roomFull)
            post(.roomFull(roomID: request.room), to: client)
            perform(client.pointee.rules.joined(request, .full, at: now), client)
        }
    }

    /// News for a client from the room in which its visitor waits.
    mutating func told(_ handle: UInt32, _ serial: UInt64, _ signals: SessionSignals) {
        guard let client = table.client(handle), case .waits(serial, _, _) = client.pointee.errand else {
            return
        }
        // The room stays full: the visitor waits no more.
        if signals.contains(.joinRefused) { dismissVisitor(of: client) }
        signal(signals, to: client)
    }

    /// The client does not want the seat any more that it asked another loop for.
    mutating func dismissVisitor(of client: UnsafeMutablePointer<SessionClient>) {
        switch client.pointee.errand {
        case .asks(_, let serial, let loop, let visitor):
            if let visitor { dismiss(visitor, serial, on: loop) }
            client.pointee.errand = .none
        case .waits(let serial, let loop, let visitor):
            dismiss(visitor, serial, on: loop)
            client.pointee.errand = .none
        case .follows(_, let serial, let loop, let visitor):
            dismiss(visitor, serial, on: loop)
            client.pointee.errand = .none
        case .moves: client.pointee.errand = .none
        case .none, .visits: break
        }
    }

    private func dismiss(_ visitor: UInt32, _ serial: UInt64, on loop: Int) {
        handles[loop].queue.post(.dismiss(visitor: visitor, serial: serial))
    }

    // MARK: The room's loop

    /// Answers a client of another loop.
    mutating func answer(_ question: SeatRequest) {
        now = Clock.now()
        guard let visitor = visitor(for: question) else {
            return reply(to: question, .full, visitor: nil)
        }
        let handle = visitor.pointee.handle
        let result = seat(visitor, question.request, id: question.id)
        switch result {
        case .seated: reply(to: question, .seated, visitor: handle)
        case .waiting: reply(to: question, result, visitor: handle)
        case .full, .alreadySeated:
            // Its client is told by its own loop.
            hangUp(visitor)
            reply(to: question, .full, visitor: nil)
        }
    }

    private func reply(to question: SeatRequest, _ result: JoinResult, visitor: UInt32?) {
        let answer = SeatAnswer(loop: number, result: result, visitor: visitor)
        handles[question.loop].queue.post(.answer(client: question.client, serial: question.serial, answer))
    }

    /// Who stands for a client here: the one that it has already, or a new one.
    private mutating func visitor(for question: SeatRequest) -> UnsafeMutablePointer<SessionClient>? {
        let errand = SessionClient.Errand.visits(
            client: question.client, serial: question.serial, loop: question.loop)
        if let known = question.visitor, let visitor = table.client(known), visitor.pointee.isVisitor,
            !visitor.pointee.isGone, case .visits(question.client, _, question.loop) = visitor.pointee.errand
        {
            visitor.pointee.errand = errand
            return visitor
        }
        var visitor = SessionClient(
            socket: -1, address: nil, tls: nil, participant: Participant(id: question.id), now: now)
        visitor.errand = errand
        return insert(visitor)
    }

    /// Passes on what a visitor hears while it waits. What comes for one that has a seat waits for its client.
    mutating func passOnSignals(_ visitor: UnsafeMutablePointer<SessionClient>) {
        guard visitor.pointee.room == nil,
            case .visits(let client, let serial, let loop) = visitor.pointee.errand
        else { return }
        let signals = visitor.pointee.ledger.takeSignals()
        guard !signals.isEmpty else { return }
        handles[loop].queue.post(.tell(client: client, serial: serial, signals))
    }

    /// Its client does not want the seat.
    mutating func dismissed(_ handle: UInt32, _ serial: UInt64) {
        guard let visitor = table.client(handle), !visitor.pointee.isGone,
            case .visits(_, serial, _) = visitor.pointee.errand
        else { return }
        leaveRooms(visitor, .left)
        hangUp(visitor)
    }

    /// The client comes and takes its visitor's place.
    mutating func follow(
        _ client: consuming SessionClient, _ output: [UInt8], _ request: JoinRequest, _ handle: UInt32
    ) {
        guard let visitor = table.client(handle), visitor.pointee.isVisitor, !visitor.pointee.isGone else {
            return closed(client.address)
        }
        let frames = Array(visitor.pointee.outbox.bytes)
        let room = visitor.pointee.room.take()
        let forwarded = client.forwarded &+ visitor.pointee.forwarded
        let since = client.forwarded > 0 ? client.forwardedSince : visitor.pointee.forwardedSince
        let signals = visitor.pointee.ledger.takeSignals()
        let sender = visitor.pointee.ledger.close()
        // Both have the same place for a moment: the visitor's goes, with nothing left to tell of it.
        visitor.pointee.outbox.removeAll(memory: &memory)
        let wasListed = visitor.pointee.isListed
        client.handle = handle
        client.isListed = wasListed
        client.isBuffering = false
        client.room = room
        client.interest = client.wantedInterest
        let (socket, interest) = (client.socket, client.interest)
        visitor.deinitialize(count: 1)
        visitor.initialize(to: client)
        guard registry.watch(socket, tag: PollTag(.client, index: handle), events: interest) else {
            return hangUp(visitor)
        }
        putBack(output, visitor)
        putBack(frames, visitor)
        visitor.pointee.forwarded = forwarded
        visitor.pointee.forwardedSince = since
        release(sender)
        guard !visitor.pointee.isGone else { return }
        signal(signals, to: visitor)
        list(visitor)
        joinDrain(visitor)
        perform(visitor.pointee.rules.joined(request, .seated, at: now), visitor)
        goOn(visitor)
    }
}
