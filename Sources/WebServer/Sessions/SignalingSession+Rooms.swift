import NIOCore
import Signaling

extension SignalingSession {
    /// Asks for a seat. The room decides which members are told, and tells them while it is locked.
    func join(_ request: JoinRequest) {
        var result = JoinResult.full
        awaitedRoom = nil
        // Made before any lock is taken: it costs some microseconds.
        let iceServers = service.iceServers(request.room.text, rules.participant.id.text)
        service.rooms.join(
            request.room, leaving: room, member: mailbox, device: request.device, now: loop.now
        ) { joined in
            result = joined.outcome.result
            for notice in joined.notices(to: mailbox, iceServers: iceServers) { deliver(notice) }
            switch result {
            case .seated: room = joined.room
            case .waiting: awaitedRoom = joined.room
            case .full: loop.counters.count(.roomFull)
            case .alreadySeated: break
            }
        }
        perform(rules.joined(request, result, at: loop.now))
    }

    /// Asks the store whether a room may be joined; the answer comes back on this loop.
    func askStore(for id: LiveRoomID) {
        let mailbox = mailbox
        service.askStore(for: id) { isPaired in
            mailbox.eventLoop.execute {
                guard let session = mailbox.session else { return }
                session.authorized(id, isPaired)
            }
        }
    }

    private func authorized(_ id: LiveRoomID, _ isPaired: Bool?) {
        perform(rules.authorized(id, isPaired))
        loop.wakeAll()
    }

    /// Gives up the seat and any wait for another one; the member that is left is told.
    func leaveRooms(_ cause: DepartureCause) {
        stopWaiting()
        guard let room else { return }
        self.room = nil
        service.rooms.leave(room, member: mailbox) { departure in
            for notice in departure.notices(cause) { deliver(notice) }
        }
    }

    func stopWaiting() {
        awaitedRoom?.stopWaiting(mailbox)
        awaitedRoom = nil
    }

    func deliver(_ notice: Notice<Mailbox>) {
        switch notice.news {
        case .message(let message): notice.recipient.post(message, on: loop)
        case .signal(let signals): notice.recipient.signal(signals, on: loop)
        }
    }

    // MARK: Signals

    func act(on signals: SessionSignals) {
        var signals = signals
        while let signal = signals.popFirst() {
            perform(
                rules.act(on: signal, at: loop.now, hasLostSeat: { hasLostSeat }, isWaiting: { isWaiting }))
        }
    }

    /// Whether the seat that this session believes to have has been given to another member.
    var hasLostSeat: Bool { room.map { !$0.isSeated(mailbox) } ?? false }

    private var isWaiting: Bool { awaitedRoom?.isWaiting(mailbox) ?? false }
}
