import NIOCore
import Signaling
import Synchronization
import Timing
import WebSocket

/// The only way into a session from outside: its bounded outbox and its signals, behind a lock of their own.
///
/// Rooms know their members as mailboxes. Everything that goes out to a client, forwarded or made by the server, is
/// appended here as finished frames by the event loop that it comes from, so that it leaves in the order in which
/// it was decided. The owner's loop is woken once per batch and hands the batch to the socket.
final class Mailbox: Sendable {
    /// What the owner takes out at once.
    struct Batch {
        var frames: ByteBuffer?
        var signals: SessionSignals
        /// Forwarded messages among the frames, and when the first of them was read, in nanoseconds.
        var forwarded: Int
        var forwardedSince: Int64
        /// A sender that waits for this outbox to drain.
        var blockedSender: Mailbox?
    }

    private struct State {
        var frames: ByteBuffer?
        var ledger = OutboxLedger<Mailbox>()
        var forwarded: Int32 = 0
        var isWoken = false
        var forwardedSince: Int64 = 0

        mutating func discardFrames() {
            frames = nil
            forwarded = 0
            ledger.discarded()
        }
    }

    let eventLoop: any EventLoop
    private let bound: OutboxBound
    private let state = Mutex(State())
    /// The owner; touched on `eventLoop` only, nil once it is closed.
    nonisolated(unsafe) var session: SignalingSession?

    init(eventLoop: any EventLoop, bound: OutboxBound) {
        self.eventLoop = eventLoop
        self.bound = bound
    }

    // MARK: Posting, from any event loop

    /// Posts a forwarded message as a text frame. `loop` is the poster's, which wakes the owner later.
    func post(_ message: SplicedMessage, from sender: Mailbox, readAt: Int64, on loop: LoopContext)
        -> Delivery
    {
        post(.text, count: message.count, from: sender, forwardedAt: readAt, on: loop) {
            message.write(to: $0)
        }
    }

    /// Posts a forwarded message that is JSON already.
    func post(json: [UInt8], from sender: Mailbox, readAt: Int64, on loop: LoopContext) -> Delivery {
        post(.text, count: json.count, from: sender, forwardedAt: readAt, on: loop) {
            $0.copyBytes(from: json)
        }
    }

    /// Posts a message of the server's own.
    func post(_ message: ServerMessage, on loop: LoopContext) {
        loop.scratch.removeAll(keepingCapacity: true)
        message.append(to: &loop.scratch)
        let count = loop.scratch.count
        _ = post(.text, count: count, from: nil, forwardedAt: nil, on: loop) { target in
            loop.scratch.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    /// Posts a control frame.
    func post(_ opcode: Opcode, payload: UnsafeRawBufferPointer, on loop: LoopContext) {
        _ = post(opcode, count: payload.count, from: nil, forwardedAt: nil, on: loop) {
            $0.copyMemory(from: payload)
        }
    }

    /// Posts bytes that are no frame: the handshake's response.
    func post(raw bytes: [UInt8], on loop: LoopContext) {
        _ = post(nil, count: bytes.count, from: nil, forwardedAt: nil, on: loop) { $0.copyBytes(from: bytes) }
    }

    @inline(__always)
    private func post(
        _ opcode: Opcode?, count: Int, from sender: Mailbox?, forwardedAt: Int64?, on loop: LoopContext,
        _ write: (UnsafeMutableRawBufferPointer) -> Void
    ) -> Delivery {
        var displaced: Mailbox?
        let (receipt, mustWake) = state.withLock { state -> (Delivery, Bool) in
            let waiting = state.frames?.readableBytes ?? 0
            switch state.ledger.admit(count, behind: waiting, bound) {
            case .take: break
            case .drop: return (.dropped, false)
            case .overflow: return (.dropped, !state.isWoken.exchange(with: true))
            }
            var frames = state.frames.take() ?? loop.takeBuffer()
            defer { state.frames = frames }
            let length = (opcode == nil ? 0 : FrameHeader.length(forPayload: count)) + count
            frames.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { target in
                let header = opcode.map { FrameHeader.write($0, payloadLength: count, to: target) } ?? 0
                write(UnsafeMutableRawBufferPointer(rebasing: target[header..<length]))
                return length
            }
            if let forwardedAt {
                if state.forwarded == 0 { state.forwardedSince = forwardedAt }
                state.forwarded &+= 1
            }
            var receipt = Delivery.posted
            if let sender {
                (receipt, displaced) = state.ledger.posted(
                    from: sender, waiting: frames.readableBytes, bound)
            }
            return (receipt, !state.isWoken.exchange(with: true))
        }
        if mustWake { loop.wakeLater(self) }
        displaced?.signal(.peerCaughtUp, on: loop)
        return receipt
    }

    /// Leaves a signal; `loop` is the caller's, which wakes the owner later.
    func signal(_ signals: SessionSignals, on loop: LoopContext) {
        let mustWake = state.withLock { state -> Bool in
            guard state.ledger.signal(signals) else { return false }
            return !state.isWoken.exchange(with: true)
        }
        if mustWake { loop.wakeLater(self) }
    }

    // MARK: Taking, on the owner's event loop

    /// Bytes that wait here.
    var byteCount: Int { state.withLock { $0.frames?.readableBytes ?? 0 } }

    /// Takes what has come in. Frames stay where they are unless `withFrames`: the socket may not be ready.
    func take(withFrames: Bool) -> Batch {
        state.withLock { state in
            state.isWoken = false
            var batch = Batch(
                frames: nil, signals: state.ledger.takeSignals(), forwarded: 0,
                forwardedSince: state.forwardedSince, blockedSender: nil)
            if withFrames {
                batch.frames = state.frames.take()
                batch.forwarded = Int(state.forwarded)
                batch.blockedSender = state.ledger.emptied()
                state.forwarded = 0
            }
            return batch
        }
    }

    /// Drops the waiting frames and accepts new ones again: the owner is about to say good-bye.
    func discardFrames() {
        state.withLock { $0.discardFrames() }
    }

    /// The same, when the bound has been passed and not even a close frame would be accepted.
    func discardIfOverflowed() {
        state.withLock { if $0.ledger.hasOverflowed { $0.discardFrames() } }
    }

    /// Accepts no more frames or signals, and drops those that are waiting.
    /// - Returns: a sender to be released.
    func close() -> Mailbox? {
        state.withLock { state in
            state.frames = nil
            return state.ledger.close()
        }
    }
}

/// Mailboxes are equal if they are the same object.
extension Mailbox: Equatable {
    static func == (left: Mailbox, right: Mailbox) -> Bool { left === right }
}

extension Bool {
    /// Stores `value` and returns what was there.
    fileprivate mutating func exchange(with value: Bool) -> Bool {
        defer { self = value }
        return self
    }
}
