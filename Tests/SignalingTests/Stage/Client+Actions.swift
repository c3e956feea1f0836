import Signaling
import Timing

/// What the rules say, carried out.
extension Client {
    func arrive(_ inputs: [Input]) {
        guard rules.isOpen else { return }
        perform(rules.heard(at: stage.now))
        take(inputs)
    }

    private func take(_ inputs: [Input]) {
        var rest = inputs[...]
        while rules.takesMessages, let input = rest.popFirst() { consume(input, isLast: rest.isEmpty) }
        guard !rest.isEmpty else { return }
        let byteCount = (kept + rest).reduce(0) { $0 + $1.byteCount }
        switch rules.leftOver(byteCount, stage.bounds) {
        case .keep: kept += rest
        case .discard: return
        case .end(let ending): end(ending)
        }
    }

    private func consume(_ input: Input, isLast: Bool) {
        switch input {
        case .text(let bytes): consume(bytes, isText: true)
        case .binary(let bytes): consume(bytes, isText: false)
        case .ping:
            switch rules.pinged(at: stage.now, stage.bounds) {
            case .pongFrame: post(.pongFrame)
            case .end(let ending): end(ending)
            }
        case .pong: return
        case .close(let code): end(rules.clientClosed(code, isLast: isLast, at: stage.now))
        case .violation(let reason): end(rules.violated(reason, at: stage.now))
        }
    }

    private func consume(_ bytes: [UInt8], isText: Bool) {
        switch rules.admit(at: stage.now, stage.bounds) {
        case .take: read(bytes, isText: isText)
        case .overRate: refuse(.rateLimited, bytes, isText: isText)
        case .end(let ending): end(ending)
        }
    }

    private func read(_ bytes: [UInt8], isText: Bool) {
        bytes.withUnsafeBytes { text in
            do throws(SignalingError) {
                let message = try ClientMessage.parse(text, rules: SignalingRules())
                switch rules.received(message, at: stage.now, stage.bounds) {
                case .forward: perform(rules.forwarded(forward(message, in: text), at: stage.now))
                case .act(let action): perform(action)
                }
            } catch {
                refuse(error, bytes, isText: isText)
            }
        }
    }

    private func refuse(_ error: SignalingError, _ bytes: [UInt8], isText: Bool) {
        perform(
            rules.refused(error, at: stage.now, isText: isText) {
                String(validating: bytes, as: UTF8.self) != nil
            })
    }

    private func forward(_ message: ClientMessage, in text: UnsafeRawBufferPointer) -> Delivery {
        guard let room, let forwarding = rules.participant.seat?.forwarding else { return .noPeer }
        guard let peer = stage.rooms.peer(of: handle, in: room) else { return .noPeer }
        let output = Output(forwarded: spliced(message, forwarding, in: text), stage)
        return stage.clients[peer].post(output, from: handle)
    }

    private func spliced(
        _ message: ClientMessage, _ forwarding: Forwarding, in text: UnsafeRawBufferPointer
    ) -> [UInt8] {
        func bytes(_ message: SplicedMessage) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: message.count)
            bytes.withUnsafeMutableBytes { message.write(to: $0) }
            return bytes
        }
        return switch message {
        case .candidate(let json): bytes(forwarding.candidate(.init(rebasing: text[json])))
        case .description(let kind, let sdp):
            bytes(forwarding.description(kind, sdp: .init(rebasing: text[sdp])))
        case .application(let type, let object):
            forwarding.application(type: type, object: object, in: text)
        case .joinRoom, .leaveRoom, .ping: []
        }
    }

    // MARK: Actions

    func perform(_ action: SessionAction) {
        switch action {
        case .nothing: return
        case .lookAtDeadline: break
        case .pingFrame: post(.ping)
        case .pongMessage: post(Output(.pong))
        case .refuse(let error): post(Output(.error(error)))
        case .answerProbe:
            if let room { stage.rooms.heard(handle, in: room).forEach(deliver) }
        case .join(let request):
            stopWaiting()
            join(request)
        case .retryJoin(let request): join(request)
        case .askStore(let id):
            stopWaiting()
            readsSocket = false
            stage.ask(self, id)
        case .refuseJoin(let isStoreFailure):
            if isStoreFailure { countStoreFailure() }
            post(Output(.error(.invalidRoomID)))
            perform(rules.joinWasRefused(at: stage.now))
        case .roomFull(let id):
            awaitedRoom = nil
            post(Output(.roomFull(roomID: id)))
        case .leave(let left):
            leaveRooms(.left)
            post(Output(.leftRoom(roomID: left)))
        case .stopReading: readsSocket = false
        case .resume:
            let inputs = kept
            kept = []
            take(inputs)
            perform(rules.caughtUp())
        case .readAgain: readsSocket = true
        case .hangUp: return hangUp()
        case .end(let ending): return end(ending)
        }
        schedule()
    }

    func end(_ ending: Ending) {
        count(ending.reason)
        leaveRooms(.disconnected)
        switch ending.farewell {
        case .none: hangUp()
        case .closeFrame(let code):
            flushLastFrames(.close(code), discardingOutbox: ending.discardsOutbox)
            if ending.readsAgain { readsSocket = true }
            schedule()
            if ending.isAnswer && isWritable { hangUp() } else { halfClose() }
        }
    }

    private func join(_ request: JoinRequest) {
        awaitedRoom = nil
        let joined = stage.rooms.join(
            request.room, leaving: room, member: handle, device: request.device, now: stage.now)
        let result = joined.outcome.result
        for notice in joined.notices(to: handle, iceServers: stage.iceServers) { deliver(notice) }
        switch result {
        case .seated: room = joined.room
        case .waiting: awaitedRoom = joined.room
        case .alreadySeated, .full: break
        }
        perform(rules.joined(request, result, at: stage.now))
    }

    func leaveRooms(_ cause: DepartureCause) {
        stopWaiting()
        guard let room else { return }
        self.room = nil
        stage.rooms.leave(room, member: handle).notices(cause).forEach(deliver)
    }

    private func stopWaiting() {
        if let awaitedRoom { stage.rooms.stopWaiting(handle, in: awaitedRoom) }
        awaitedRoom = nil
    }

    private func deliver(_ notice: Notice<Int>) {
        let recipient = stage.clients[notice.recipient]
        switch notice.news {
        case .message(let message): recipient.post(Output(message))
        case .signal(let signals): recipient.signal(signals)
        }
    }

    func authorized(_ id: LiveRoomID, _ isPaired: Bool?) {
        guard !isGone else { return }
        perform(rules.authorized(id, isPaired))
        endEvent()
    }

    // MARK: Deadlines

    func schedule() {
        deadline = min(deadline, rules.deadline(stage.bounds))
    }

    func deadlineReached() {
        deadline = .distantFuture
        while !isGoneOrNothing(rules.due(at: stage.now, stage.bounds, bytesWaiting: { bytesWaiting })) {}
        schedule()
        endEvent()
    }

    /// Carries an action out.
    private func isGoneOrNothing(_ action: SessionAction) -> Bool {
        if case .nothing = action { return true }
        perform(action)
        return false
    }
}
