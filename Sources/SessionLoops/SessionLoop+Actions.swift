import Loops
import Signaling
import Timing
import WebSocket

/// What the rules say, carried out.
extension SessionLoop {
    /// Does what the rules say, and sees to it that the client is looked at when the earliest thing that it then waits for
    /// is due.
    mutating func perform(_ action: SessionAction, _ client: UnsafeMutablePointer<SessionClient>) {
        switch action {
        case .nothing: return
        case .lookAtDeadline: break
        case .pingFrame: post(.ping, payload: UnsafeRawBufferPointer(start: nil, count: 0), to: client)
        case .pongMessage: post(.pong, to: client)
        case .refuse(let error):
            counters.count(CountedRefusal(error))
            post(.error(error), to: client)
        case .answerProbe: answerProbe(client)
        case .join(let request):
            stopWaiting(client)
            join(client, request)
        case .retryJoin(let request): join(client, request)
        case .askStore(let id):
            stopWaiting(client)
            updateInterest(client)
            askStore(for: id, client)
        case .refuseJoin(let isStoreFailure):
            if isStoreFailure { counters.count(.storeUnavailable) }
            // Another loop may have been asked for the seat, and answer later.
            dismissVisitor(of: client)
            perform(.refuse(.invalidRoomID), client)
            perform(client.pointee.rules.joinWasRefused(at: now), client)
        case .roomFull(let id):
            client.pointee.awaitedRoom = nil
            counters.count(.roomFull)
            post(.roomFull(roomID: id), to: client)
        case .leave(let left):
            leaveRooms(client, .left)
            post(.leftRoom(roomID: left), to: client)
        case .stopReading, .readAgain: updateInterest(client)
        case .resume:
            takeKept(client)
            perform(client.pointee.rules.caughtUp(), client)
        case .hangUp:
            sendLast(client)
            return hangUp(client)
        case .end(let ending): return end(client, ending)
        }
        scheduleDeadline(client)
    }

    private mutating func askStore(for id: LiveRoomID, _ client: UnsafeMutablePointer<SessionClient>) {
        let (queue, handle) = (handles[number].queue, client.pointee.handle)
        services.askStore(id) { queue.post(.authorized(client: handle, id, isPaired: $0)) }
    }

    // MARK: Forwarding

    /// Carries out one client message; `text` holds the bytes its ranges point into.
    mutating func received(
        _ message: ClientMessage, in text: UnsafeRawBufferPointer,
        from client: UnsafeMutablePointer<SessionClient>
    ) {
        counters.count(CountedMessage(message))
        switch client.pointee.rules.received(message, at: now, settings.bounds) {
        case .forward:
            let delivery = forward(message, in: text, from: client)
            perform(client.pointee.rules.forwarded(delivery, at: now), client)
        case .act(let action): perform(action, client)
        }
    }

    /// Puts a message into the other peer's outbox.
    private mutating func forward(
        _ message: ClientMessage, in text: UnsafeRawBufferPointer,
        from client: UnsafeMutablePointer<SessionClient>
    ) -> Delivery {
        let sender = client.pointee.handle
        guard let room = client.pointee.room,
            let forwarding = client.pointee.rules.participant.seat?.forwarding,
            let peer = rooms.peer(of: sender, in: room)
        else { return .noPeer }
        guard let receiver = table.client(peer) else { return .dropped }
        switch message {
        case .candidate(let candidate):
            return forward(forwarding.candidate(text[candidate].rebased), to: receiver, from: sender)
        case .description(let kind, let sdp):
            return forward(forwarding.description(kind, sdp: text[sdp].rebased), to: receiver, from: sender)
        case .application(let type, let object):
            let json = forwarding.application(type: type, object: object, in: text)
            return post(.text, byteCount: json.count, to: receiver, from: sender) { $0.copyBytes(from: json) }
        case .joinRoom, .leaveRoom, .ping: return .dropped
        }
    }

    @inline(__always)
    private mutating func forward(
        _ message: SplicedMessage, to receiver: UnsafeMutablePointer<SessionClient>, from sender: UInt32
    ) -> Delivery {
        post(.text, byteCount: message.count, to: receiver, from: sender) { message.write(to: $0) }
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    fileprivate var rebased: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self) }
}
