import CDatagrams
import Glibc
import Loops
import Signaling
import TLS
import Timing
import WebSocket

/// Bytes in.
///
/// A client's input lies in the loop's one buffer until its messages have been carried out. So nothing that is called from
/// here reads another client, or goes on with one that was held: that is noted, and done in ``settle()``.
extension SessionLoop {
    /// The result of one read of a client's socket.
    private enum Received {
        /// So many bytes, decrypted if necessary; there may be none yet.
        case bytes(Int)
        /// So many, and the client has closed its direction.
        case last(Int)
        /// There is nothing to read.
        case nothing
        /// The connection is broken.
        case broken
    }

    /// Takes the readiness of a connection; one that is gone is ignored.
    mutating func handle(_ handle: UInt32, events: UInt32) {
        guard let client = table.client(handle), !client.pointee.isGone, !client.pointee.isLeaving else {
            return
        }
        if events & PollRegistry.output != 0 { unblock(client) }
        if events & ~PollRegistry.output != 0, !client.pointee.isGone { read(client, events) }
    }

    private mutating func read(_ client: UnsafeMutablePointer<SessionClient>, _ events: UInt32) {
        if client.pointee.rules.readsSocket, !client.pointee.inputHasEnded {
            if !readOnce(client), events & PollRegistry.failure != 0 { hangUp(client) }
            return
        }
        // A client that is held is not read before its connection ends; then all of it is, and kept.
        if !client.pointee.inputHasEnded, events & PollRegistry.inputEnd != 0 {
            while !client.pointee.isGone, !client.pointee.inputHasEnded, readOnce(client) {}
        }
        if events & PollRegistry.failure != 0 { hangUp(client) }
    }

    /// - Returns: false if there was nothing to read.
    private mutating func readOnce(_ client: UnsafeMutablePointer<SessionClient>) -> Bool {
        switch client.pointee.tls == nil ? receive(client) : receiveTLS(client) {
        case .bytes(let count): received(client, byteCount: count)
        case .last(let count):
            received(client, byteCount: count)
            inputEnded(client)
        case .nothing: return false
        case .broken: hangUp(client)
        }
        return true
    }

    private mutating func inputEnded(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isGone, !client.pointee.inputHasEnded else { return }
        client.pointee.inputHasEnded = true
        // Its rules learn that behind what is kept, on the loop that it moves to.
        guard !client.pointee.isLeaving else { return }
        perform(client.pointee.rules.inputEnded(), client)
        updateInterest(client)
    }

    private mutating func received(_ client: UnsafeMutablePointer<SessionClient>, byteCount: Int) {
        guard byteCount > 0, client.pointee.rules.isOpen else { return }
        now = Clock.now()
        perform(client.pointee.rules.heard(at: now), client)
        take(client, UnsafeMutableRawBufferPointer(start: buffers.input, count: byteCount))
        noteInput(client)
    }

    // MARK: Messages

    /// Carries out what may be carried out now and keeps the rest if necessary. The bytes are unmasked where they lie.
    mutating func take(_ client: UnsafeMutablePointer<SessionClient>, _ bytes: UnsafeMutableRawBufferPointer)
    {
        var rest = UnsafeRawBufferPointer(bytes)
        if client.pointee.rules.takesMessages, !client.pointee.isLeaving {
            rest = UnsafeRawBufferPointer(rebasing: rest[consume(client, bytes)...])
        }
        guard rest.count > 0, !client.pointee.isGone else { return }
        if client.pointee.isLeaving { return client.pointee.kept.append(contentsOf: rest) }
        switch client.pointee.rules.leftOver(client.pointee.kept.count + rest.count, settings.bounds) {
        case .keep: client.pointee.kept.append(contentsOf: rest)
        case .discard: return
        case .end(let ending): end(client, ending)
        }
    }

    /// Goes on with the input that was kept.
    mutating func takeKept(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.kept.isEmpty else { return }
        var kept: [UInt8] = []
        swap(&kept, &client.pointee.kept)
        kept.withUnsafeMutableBytes { take(client, $0) }
        noteInput(client)
    }

    /// Decodes and carries out messages until the bytes end, the session does, or the client is held or moves.
    ///
    /// - Returns: how many bytes were consumed.
    private mutating func consume(
        _ client: UnsafeMutablePointer<SessionClient>, _ bytes: UnsafeMutableRawBufferPointer
    ) -> Int {
        let decoder = client.pointee.decoder ?? buffers.spareDecoder
        var offset = 0
        decoding: while client.pointee.rules.takesMessages, !client.pointee.isLeaving {
            if decoder.pointee.isIdle,
                let text = WholeFrame.readText(
                    in: bytes, at: &offset, maxMessageBytes: settings.maxMessageBytes)
            {
                admit(text, .text, of: client)
                continue
            }
            switch decoder.pointee.next(bytes, &offset) {
            case .needsMoreBytes: break decoding
            case .message(let opcode, let text): admit(text, opcode, of: client)
            case .ping(let payload):
                switch client.pointee.rules.pinged(at: now, settings.bounds) {
                case .pongFrame: post(.pong, payload: payload, to: client)
                case .end(let ending): end(client, ending)
                }
            case .pong: continue
            case .close(let code):
                let isLast = offset == bytes.count
                end(client, client.pointee.rules.clientClosed(code?.rawValue, isLast: isLast, at: now))
            case .violation(let code):
                end(client, client.pointee.rules.violated(SessionEnd(violation: code), at: now))
            }
        }
        settleDecoder(of: client, decoder)
        return offset
    }

    /// A client keeps a decoder only while a frame or message is incomplete.
    @inline(__always)
    private mutating func settleDecoder(
        of client: UnsafeMutablePointer<SessionClient>, _ decoder: UnsafeMutablePointer<FrameDecoder>
    ) {
        let isNeeded = client.pointee.rules.isOpen && !decoder.pointee.isIdle
        if client.pointee.decoder == nil {
            if isNeeded {
                client.pointee.decoder = buffers.keepSpareDecoder()
            } else if !client.pointee.rules.isOpen {
                buffers.resetSpareDecoder()
            }
        } else if !isNeeded {
            client.pointee.decoder = nil
            SessionBuffers.free(decoder)
        }
    }

    @inline(__always)
    private mutating func admit(
        _ text: UnsafeRawBufferPointer, _ opcode: Opcode, of client: UnsafeMutablePointer<SessionClient>
    ) {
        switch client.pointee.rules.admit(at: now, settings.bounds) {
        case .take: read(text, opcode, of: client)
        case .overRate: refused(.rateLimited, text, opcode, of: client)
        case .end(let ending): end(client, ending)
        }
    }

    private mutating func read(
        _ text: UnsafeRawBufferPointer, _ opcode: Opcode, of client: UnsafeMutablePointer<SessionClient>
    ) {
        do throws(SignalingError) {
            try received(ClientMessage.parse(text, rules: settings.rules), in: text, from: client)
        } catch {
            refused(error, text, opcode, of: client)
        }
    }

    private mutating func refused(
        _ error: SignalingError, _ text: UnsafeRawBufferPointer, _ opcode: Opcode,
        of client: UnsafeMutablePointer<SessionClient>
    ) {
        perform(
            client.pointee.rules.refused(error, at: now, isText: opcode == .text) {
                UTF8Validator.isValid(text)
            }, client)
    }

    // MARK: Sockets

    private mutating func receive(_ client: UnsafeMutablePointer<SessionClient>) -> Received {
        let count = recv(client.pointee.socket, buffers.input, SessionBuffers.readBytes, Int32(MSG_DONTWAIT))
        if count > 0 { return .bytes(count) }
        return count == 0 ? .last(0) : Self.failure
    }

    /// Reads records, and decrypts all of them: a session never keeps input for later.
    private mutating func receiveTLS(_ client: UnsafeMutablePointer<SessionClient>) -> Received {
        let count = recv(
            client.pointee.socket, buffers.ciphertext, SessionBuffers.readBytes, Int32(MSG_DONTWAIT))
        guard count > 0 else { return count == 0 ? .last(0) : Self.failure }
        buffers.exchange.pointee = TLSExchange(
            socket: client.pointee.socket, input: buffers.ciphertext, inputByteCount: count)
        var total = 0
        while true {
            switch client.pointee.tls?.read(
                into: buffers.input + total, byteCount: SessionBuffers.capacity &- total)
            {
            case .done(let count): total &+= count
            case .needsInput: return .bytes(total)
            case .ended: return .last(total)
            // An answer to a change of keys, for a client that does not read.
            case .needsRoom, .failed, nil: return .broken
            }
        }
    }

    private static var failure: Received { errno == EAGAIN || errno == EINTR ? .nothing : .broken }
}

extension SessionEnd {
    init(violation code: WebSocket.CloseCode) {
        switch code {
        case .messageTooBig: self = .tooBig
        case .invalidPayload: self = .invalidPayload
        default: self = .protocolError
        }
    }
}
