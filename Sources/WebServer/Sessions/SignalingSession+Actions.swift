import NIOCore
import Signaling
import Timing
import WebSocket

extension SignalingSession {
    /// Does what the rules say, and queues the session for the earliest thing that it then waits for.
    func perform(_ action: SessionAction) {
        switch action {
        case .nothing: return
        case .lookAtDeadline: break
        case .pingFrame:
            mailbox.post(.ping, payload: UnsafeRawBufferPointer(start: nil, count: 0), on: loop)
        case .pongMessage: mailbox.post(.pong, on: loop)
        case .refuse(let error): refuse(error)
        case .answerProbe: room?.heard(mailbox) { deliver($0) }
        case .join(let request):
            stopWaiting()
            join(request)
        case .retryJoin(let request): join(request)
        case .askStore(let id):
            stopWaiting()
            stopReading()
            askStore(for: id)
        case .refuseJoin(let isStoreFailure):
            if isStoreFailure { loop.counters.count(.storeUnavailable) }
            refuse(.invalidRoomID)
            perform(rules.joinWasRefused(at: loop.now))
        case .roomFull(let id):
            awaitedRoom = nil
            loop.counters.count(.roomFull)
            mailbox.post(.roomFull(roomID: id), on: loop)
        case .leave(let left):
            leaveRooms(.left)
            mailbox.post(.leftRoom(roomID: left), on: loop)
        case .stopReading: stopReading()
        case .resume: resume()
        case .readAgain: readAgain()
        case .hangUp: channelContext?.close(promise: nil)
        case .end(let ending): return end(ending)
        }
        scheduleDeadline()
    }

    private func refuse(_ error: SignalingError) {
        loop.counters.count(CountedRefusal(error))
        mailbox.post(.error(error), on: loop)
    }

    // MARK: Forwarding

    /// Carries out one client message; `text` holds the bytes its ranges point into.
    func received(_ message: ClientMessage, in text: UnsafeRawBufferPointer) {
        loop.counters.count(CountedMessage(message))
        switch rules.received(message, at: readAt, service.bounds) {
        case .forward: perform(rules.forwarded(forward(message, in: text), at: readAt))
        case .act(let action): perform(action)
        }
    }

    /// Puts a message into the other peer's mailbox. The room's lock is held meanwhile, so that the message cannot
    /// reach a peer that has moved on to another room.
    private func forward(_ message: ClientMessage, in text: UnsafeRawBufferPointer) -> Delivery {
        guard let room, let forwarding = rules.participant.seat?.forwarding else { return .noPeer }
        let readAt = readAt.nanoseconds
        return room.withPeer(of: mailbox) { peer in
            guard let peer else { return .noPeer }
            switch message {
            case .candidate(let candidate):
                return peer.post(
                    forwarding.candidate(text[candidate].rebased), from: mailbox, readAt: readAt, on: loop)
            case .description(let kind, let sdp):
                return peer.post(
                    forwarding.description(kind, sdp: text[sdp].rebased), from: mailbox, readAt: readAt,
                    on: loop)
            case .application(let type, let object):
                return peer.post(
                    json: forwarding.application(type: type, object: object, in: text), from: mailbox,
                    readAt: readAt, on: loop)
            case .joinRoom, .leaveRoom, .ping: return .dropped
            }
        }
    }

    // MARK: Holding

    private func stopReading() {
        _ = channelContext?.channel.setOption(.autoRead, value: false)
    }

    private func readAgain() {
        guard let context = channelContext else { return }
        _ = context.channel.setOption(.autoRead, value: true)
        if asksForReads { context.read() }
    }

    private func resume() {
        readAt = loop.now
        let buffer = held
        held = ByteBuffer()
        take(buffer)
        noteInput()
        perform(rules.caughtUp())
    }

    // MARK: Ending

    /// Ends the session: the others are told at once, the client gets a moment to take a close frame.
    func end(_ ending: Ending) {
        loop.counters.count(ending.reason)
        leaveRooms(.disconnected)
        switch ending.farewell {
        case .none: channelContext?.close(promise: nil)
        case .closeFrame(let code):
            writeClose(code, discardsOutbox: ending.discardsOutbox)
            if ending.readsAgain { readAgain() }
            scheduleDeadline()
            guard let channelContext else { return }
            let isDone = ending.isAnswer && channelContext.channel.isWritable
            channelContext.close(mode: isDone ? .all : .output, promise: nil)
        }
    }

    private func writeClose(_ code: UInt16?, discardsOutbox: Bool) {
        if discardsOutbox { mailbox.discardFrames() } else { mailbox.discardIfOverflowed() }
        let bytes = code.map { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        (bytes ?? []).withUnsafeBytes { mailbox.post(.close, payload: $0, on: loop) }
        flushLastFrames()
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    fileprivate var rebased: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self) }
}
