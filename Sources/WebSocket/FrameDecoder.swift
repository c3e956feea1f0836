/// Decodes the frames a client sends and puts fragmented messages together (RFC 6455 §5).
///
/// Bytes go in as they arrive from the socket, whole messages come out; the decoder does no I/O. A message
/// that arrives in one piece is unmasked where it stands and handed out without a copy. Anything else is
/// collected in memory of the decoder, which grows with what has arrived, never with what was announced.
///
/// Collected text is checked for UTF-8 byte by byte and refused at the first wrong one. Text that arrives in one
/// piece is not checked: its reader must do that (``UTF8Validator`` or a parser that checks).
package struct FrameDecoder: ~Copyable {
    /// What the bytes so far amount to. Buffers are valid until the next call and while the input is.
    package enum Event {
        /// Everything has been consumed; nothing more is complete.
        case needsMoreBytes
        /// A whole message; the opcode is `.text` or `.binary`.
        case message(Opcode, UnsafeRawBufferPointer)
        /// To be answered with a pong that carries the same bytes, at most 125.
        case ping(UnsafeRawBufferPointer)
        case pong
        /// The peer closes; nil when it gave no code. Later bytes must be ignored.
        case close(CloseCode?)
        /// The peer broke a rule: send a close frame with this code. Every further call answers the same.
        case violation(CloseCode)
    }

    /// The most bytes a message may have, over all its fragments.
    private let maxMessageBytes: Int
    private var header = PartialHeader()
    private var frame: Frame?
    /// The opcode of the fragmented message that is under way.
    private var fragmented: Opcode?
    private var collected = ByteCollector()
    private var control = ByteCollector()
    private var validator = UTF8Validator()
    private var failure: CloseCode?

    /// - Parameter maxMessageBytes: a longer message is a violation with code 1009; at least 125.
    package init(maxMessageBytes: Int) {
        self.maxMessageBytes = maxMessageBytes
    }

    /// True between messages: nothing of a frame or message has been kept.
    package var isIdle: Bool { frame == nil && fragmented == nil && header.count == 0 }

    /// Bytes of frames or messages that have not ended.
    package var keptByteCount: Int { collected.count &+ control.count }
    /// Messages so far that came in several pieces. When it changes, the kept input belongs to another message.
    package private(set) var collectedMessageCount = 0

    /// Decodes from `bytes` at `offset`, unmasking in place, up to the next event and moves `offset` past it.
    /// Call again until ``Event/needsMoreBytes``; then all of `bytes` is consumed.
    package mutating func next(_ bytes: UnsafeMutableRawBufferPointer, _ offset: inout Int) -> Event {
        if let failure { return .violation(failure) }
        collected.releaseIfHandedOut()
        control.releaseIfHandedOut()
        if isIdle, let text = WholeFrame.readText(in: bytes, at: &offset, maxMessageBytes: maxMessageBytes) {
            return .message(.text, text)
        }
        while true {
            if frame == nil {
                switch header.parse(bytes, &offset) {
                case .incomplete: return .needsMoreBytes
                case .invalid: return fail(.protocolError)
                case .frame(let next):
                    if let code = refusal(of: next) { return fail(code) }
                    frame = next
                }
            }
            guard var current = frame else { return .needsMoreBytes }
            let available = min(current.length - current.consumed, bytes.count - offset)
            let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + available])
            current.key.apply(to: piece, at: current.consumed)
            offset += available
            current.consumed += available
            let isWhole = available == current.length
            let isComplete = current.consumed == current.length
            frame = isComplete ? nil : current
            let event =
                current.opcode.isControl
                ? controlPiece(
                    current, UnsafeRawBufferPointer(piece), isWhole: isWhole, isComplete: isComplete)
                : dataPiece(current, UnsafeRawBufferPointer(piece), isWhole: isWhole, isComplete: isComplete)
            if let event { return event }
            if !isComplete { return .needsMoreBytes }
        }
    }

    private mutating func fail(_ code: CloseCode) -> Event {
        failure = code
        collected.release()
        control.release()
        return .violation(code)
    }

    /// The rules a frame must keep given what came before it (RFC 6455 §5.4).
    private func refusal(of frame: Frame) -> CloseCode? {
        switch frame.opcode {
        case .close, .ping, .pong:
            return nil
        case .continuation:
            if fragmented == nil { return .protocolError }
        case .text, .binary:
            if fragmented != nil { return .protocolError }
        }
        return frame.length > maxMessageBytes - collected.count ? .messageTooBig : nil
    }

    // MARK: Payload

    private mutating func dataPiece(
        _ frame: Frame, _ piece: UnsafeRawBufferPointer, isWhole: Bool, isComplete: Bool
    ) -> Event? {
        if isWhole, frame.isFinal, fragmented == nil { return .message(frame.opcode, piece) }
        if frame.opcode != .continuation, fragmented == nil {
            fragmented = frame.opcode
            validator = UTF8Validator()
        }
        guard let opcode = fragmented else { return nil }
        if opcode == .text, !validator.consume(piece) { return fail(.invalidPayload) }
        collected.append(piece)
        guard isComplete, frame.isFinal else { return nil }
        if opcode == .text, !validator.isAtBoundary { return fail(.invalidPayload) }
        fragmented = nil
        collectedMessageCount &+= 1
        return .message(opcode, collected.handOut())
    }

    private mutating func controlPiece(
        _ frame: Frame, _ piece: UnsafeRawBufferPointer, isWhole: Bool, isComplete: Bool
    ) -> Event? {
        var payload = piece
        if !isWhole {
            control.append(piece)
            guard isComplete else { return nil }
            payload = control.handOut()
        }
        switch frame.opcode {
        case .ping: return .ping(payload)
        case .close: return closeEvent(payload)
        default: return .pong
        }
    }

    private mutating func closeEvent(_ payload: UnsafeRawBufferPointer) -> Event {
        if payload.isEmpty { return .close(nil) }
        guard payload.count >= 2 else { return fail(.protocolError) }
        let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isAllowedOnTheWire else { return fail(.protocolError) }
        guard UTF8Validator.isValid(UnsafeRawBufferPointer(rebasing: payload[2...])) else {
            return fail(.invalidPayload)
        }
        return .close(code)
    }
}
