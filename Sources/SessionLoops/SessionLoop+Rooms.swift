import Loops
import Signaling
import Synchronization
import Timing

/// Seats in this loop's rooms.
extension SessionLoop {
    /// The loop that a room belongs to, and with it its members and those that wait for a seat.
    func home(of room: LiveRoomID) -> Int { Int(UInt(bitPattern: room.hashValue) % UInt(handles.count)) }

    /// Asks for a seat: here, or on the loop of the room, where the client moves.
    mutating func join(_ client: UnsafeMutablePointer<SessionClient>, _ request: JoinRequest) {
        let home = home(of: request.room)
        guard home == number else { return joinElsewhere(client, request, home) }
        let result = seat(client, request, id: client.pointee.rules.participant.id)
        if case .full = result { counters.count(.roomFull) }
        perform(client.pointee.rules.joined(request, result, at: now), client)
    }

    /// Asks a room of this loop for a seat, and tells all who have to know.
    ///
    /// - Parameter id: the joiner's name, for its credentials.
    mutating func seat(
        _ client: UnsafeMutablePointer<SessionClient>, _ request: JoinRequest, id: ClientID
    ) -> JoinResult {
        let member = client.pointee.handle
        client.pointee.awaitedRoom = nil
        let iceServers = services.iceServers(request.room.text, id.text)
        let joined = rooms.join(
            request.room, leaving: client.pointee.room, member: member, device: request.device, now: now)
        let result = joined.outcome.result
        for notice in joined.notices(to: member, iceServers: iceServers) { deliver(notice) }
        switch result {
        case .seated: client.pointee.room = joined.room
        case .waiting: client.pointee.awaitedRoom = joined.room
        case .alreadySeated, .full: break
        }
        noteRooms()
        return result
    }

    /// Gives up the seat and any wait for another one; the member that is left is told.
    mutating func leaveRooms(_ client: UnsafeMutablePointer<SessionClient>, _ cause: DepartureCause) {
        stopWaiting(client)
        leaveRoom(client, cause)
    }

    mutating func leaveRoom(_ client: UnsafeMutablePointer<SessionClient>, _ cause: DepartureCause) {
        guard let room = client.pointee.room.take() else { return }
        for notice in rooms.leave(room, member: client.pointee.handle).notices(cause) { deliver(notice) }
        noteRooms()
    }

    /// Gives up a wait for a seat, here or elsewhere.
    mutating func stopWaiting(_ client: UnsafeMutablePointer<SessionClient>) {
        if let room = client.pointee.awaitedRoom.take() { rooms.stopWaiting(client.pointee.handle, in: room) }
        dismissVisitor(of: client)
    }

    mutating func deliver(_ notice: Notice<UInt32>) {
        guard let recipient = table.client(notice.recipient) else { return }
        switch notice.news {
        case .message(let message): post(message, to: recipient)
        case .signal(let signals): signal(signals, to: recipient)
        }
    }

    mutating func answerProbe(_ client: UnsafeMutablePointer<SessionClient>) {
        guard let room = client.pointee.room else { return }
        for notice in rooms.heard(client.pointee.handle, in: room) { deliver(notice) }
    }

    /// Tells other threads how many rooms there are.
    mutating func noteRooms() { handles[number].roomCount.store(rooms.count, ordering: .relaxed) }

    // MARK: Signals

    mutating func act(on signals: SessionSignals, _ client: UnsafeMutablePointer<SessionClient>) {
        var signals = signals
        while let signal = signals.popFirst() {
            let (hasLostSeat, isWaiting) = (hasLostSeat(client), isWaiting(client))
            perform(
                client.pointee.rules.act(
                    on: signal, at: now, hasLostSeat: { hasLostSeat }, isWaiting: { isWaiting }), client)
        }
    }

    /// Whether the seat that a session believes to have has been given to another member.
    func hasLostSeat(_ client: UnsafeMutablePointer<SessionClient>) -> Bool {
        client.pointee.room.map { !rooms.isSeated(client.pointee.handle, in: $0) } ?? false
    }

    private func isWaiting(_ client: UnsafeMutablePointer<SessionClient>) -> Bool {
        if case .waits = client.pointee.errand { return true }
        return client.pointee.awaitedRoom.map { rooms.isWaiting(client.pointee.handle, in: $0) } ?? false
    }
}
