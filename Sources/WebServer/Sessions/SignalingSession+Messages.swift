import NIOCore
import Signaling
import Timing

extension SignalingSession {
    /// Carries out one client message; `text` holds the bytes its ranges point into.
    func handle(_ message: ClientMessage, in text: UnsafeRawBufferPointer) {
        switch message {
        case .candidate(let candidate):
            loop.counters.count(.candidate)
            forward {
                $0.post(
                    $1.candidate(text[candidate].rebased), from: mailbox, readAt: readAt.nanoseconds, on: loop
                )
            }
        case .description(let kind, let sdp):
            loop.counters.count(kind == .offer ? .offer : .answer)
            forward {
                $0.post(
                    $1.description(kind, sdp: text[sdp].rebased), from: mailbox, readAt: readAt.nanoseconds,
                    on: loop)
            }
        case .application(let type, let object):
            loop.counters.count(.application)
            forward {
                let json = $1.application(type: type, object: object, in: text)
                return $0.post(json: json, from: mailbox, readAt: readAt.nanoseconds, on: loop)
            }
        case .joinRoom(let id, let device):
            loop.counters.count(.join)
            joinRequested(id, device)
        case .leaveRoom:
            loop.counters.count(.leave)
            let left = room?.id
            leaveRoom(.peerLeft)
            mailbox.post(.leftRoom(roomID: left), on: loop)
        case .ping:
            loop.counters.count(.ping)
            mailbox.post(.pong, on: loop)
        }
    }

    /// Lets `post` put a message into the other peer's mailbox. The room's lock is held meanwhile, so that the
    /// message cannot reach a peer that has moved on to another room.
    private func forward(_ post: (Mailbox, Forwarding) -> Mailbox.Receipt) {
        guard let room, let forwarding else { return refuse(.notInRoom) }
        let receipt = room.withPeer(of: mailbox) { peer in peer.map { post($0, forwarding) } }
        switch receipt {
        case .posted, .dropped: return
        case .congested: hold(.slowPeer)
        case nil: refuse(.peerAbsent)
        }
    }

    // MARK: Joining

    private func joinRequested(_ id: LiveRoomID, _ device: DeviceMark?) {
        guard joinLimit.allows(service.joinRule, at: readAt) else { return refuse(.rateLimited) }
        stopWaiting()
        guard service.asksStore, id != room?.id else { return takeSeat(in: id, device) }
        authorizing = id
        // What comes behind the join is for the room it names.
        hold(.authorizing)
        let mailbox = mailbox
        service.askStore(for: id) { isPaired in
            mailbox.eventLoop.execute {
                guard let session = mailbox.session, session.authorizing == id else { return }
                session.authorizing = nil
                if isPaired == nil { session.loop.counters.count(.storeUnavailable) }
                if isPaired == true {
                    session.takeSeat(in: id, device)
                } else {
                    session.refuse(.invalidRoomID)
                }
                session.release(.authorizing)
                session.loop.wakeAll()
            }
        }
    }

    /// Asks for a seat and answers, now or when a probe of the full room has shown who is there.
    func takeSeat(in id: LiveRoomID, _ device: DeviceMark?) {
        var seated: Room<Mailbox>?
        // Made before any lock is taken: it costs some microseconds.
        let iceServers = service.iceServers(id.text, mailbox.clientID.text)
        service.rooms.join(id, leaving: room, member: mailbox, device: device, now: loop.now) { joined in
            switch joined.outcome {
            case .seated(let peer, let evicted):
                seated = joined.room
                if let departure = joined.departure { tell(departure, .peerLeft) }
                evicted.forEach { $0.signal(.evicted, on: loop) }
                if !evicted.isEmpty { peer?.post(.peerDisconnected, on: loop) }
                announce(joined.room, peer: peer, isInitiator: peer == nil, iceServers)
                if let peer {
                    mailbox.post(.roomReady(roomID: id, isInitiator: false), on: loop)
                    peer.post(.roomReady(roomID: id, isInitiator: true), on: loop)
                }
            case .alreadySeated(let peer, let isInitiator):
                announce(joined.room, peer: peer, isInitiator: isInitiator, iceServers)
            case .waiting(let probed, let retry):
                probed.forEach { $0.signal(.probe, on: loop) }
                awaited = AwaitedJoin(room: joined.room, device: device, retry: retry)
            case .full:
                loop.counters.count(.roomFull)
                mailbox.post(.roomFull(roomID: id), on: loop)
            }
        }
        if let seated {
            isProbed = false
            room = seated
            forwarding = Forwarding(from: mailbox.clientID, roomID: id)
            release(.slowPeer)
        }
        scheduleDeadline()
    }

    private func announce(
        _ room: Room<Mailbox>, peer: Mailbox?, isInitiator: Bool, _ iceServers: ICEServers?
    ) {
        mailbox.post(
            .roomJoined(
                roomID: room.id, peers: peer == nil ? 1 : 2, isInitiator: isInitiator, iceServers: iceServers),
            on: loop)
    }

    /// The probe that a join waits for has ended, or a seat has become free.
    func retryJoin() {
        guard let awaited else { return }
        self.awaited = nil
        takeSeat(in: awaited.room.id, awaited.device)
    }

    /// The probe that a join waits for found both members alive.
    func joinRefused() {
        // The news may be of a room that was awaited before this one.
        guard let awaited, !awaited.room.isWaiting(mailbox) else { return }
        self.awaited = nil
        loop.counters.count(.roomFull)
        mailbox.post(.roomFull(roomID: awaited.room.id), on: loop)
    }

    // MARK: Leaving

    /// Gives up the seat and any wait for another one; who is left is told `notice`.
    func leaveRoom(_ notice: ServerMessage) {
        stopWaiting()
        leaveSeat(notice)
    }

    private func leaveSeat(_ notice: ServerMessage) {
        guard let room else { return }
        self.room = nil
        forwarding = nil
        isProbed = false
        service.rooms.leave(room, member: mailbox) { tell($0, notice) }
    }

    /// Tells those that a seat became free: the peer, who need not hold back for this client any more, and those
    /// that wait for the seat.
    private func tell(_ departure: RoomState<Mailbox>.Departure, _ notice: ServerMessage) {
        departure.peer?.post(notice, on: loop)
        departure.peer?.signal(.resumeReading, on: loop)
        departure.waiting.forEach { $0.signal(.retryJoin, on: loop) }
    }

    private func stopWaiting() {
        authorizing = nil
        awaited?.room.stopWaiting(mailbox)
        awaited = nil
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    fileprivate var rebased: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self) }
}
