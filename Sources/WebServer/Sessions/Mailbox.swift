import NIOCore
import Signaling
import Synchronization
import Timing
import WebSocket

/// The one way into a session from elsewhere: its bounded outbox and its signals, behind a lock of their own.
///
/// Rooms know their members as mailboxes. Whatever goes out to a client, forwarded or made by the server,
/// is appended here as finished frames by whichever event loop it comes from, so that it leaves in the order
/// in which it was decided. The owner's loop is woken once per batch and hands the batch to the socket.
final class Mailbox: Sendable {
    /// News that is not bytes. The owner acts on it on its own event loop.
    struct Signals: OptionSet, Sendable {
        let rawValue: UInt8

        /// Show a sign of life: somebody wants the seat.
        static let probe = Signals(rawValue: 1 << 0)
        /// The seat is lost to somebody else.
        static let evicted = Signals(rawValue: 1 << 1)
        /// A seat in the awaited room may be free.
        static let retryJoin = Signals(rawValue: 1 << 2)
        /// The awaited room stays full.
        static let joinRefused = Signals(rawValue: 1 << 3)
        /// The outbox has passed its bound; nothing more is taken.
        static let overflow = Signals(rawValue: 1 << 4)
        /// The peer that was too slow has caught up.
        static let resumeReading = Signals(rawValue: 1 << 5)
    }

    /// What became of a posted frame.
    enum Receipt {
        case posted
        /// Posted, but the outbox fills faster than it drains: the sender should stop reading until it is told.
        case congested
        /// Dropped: the owner is gone or about to be.
        case dropped
    }

    /// What the owner takes out at once.
    struct Batch {
        var frames: ByteBuffer?
        var signals: Signals
        /// Forwarded messages among the frames, and when the first of them was read, in nanoseconds.
        var forwarded: Int
        var forwardedSince: Int64
        /// A sender that waits for this outbox to drain.
        var blockedSender: Mailbox?
    }

    private struct State {
        var frames: ByteBuffer?
        var signals: Signals = []
        var forwarded: Int32 = 0
        var isWoken = false
        var isClosed = false
        var forwardedSince: Int64 = 0
        var blockedSender: Mailbox?

        mutating func discardFrames() {
            frames = nil
            forwarded = 0
            signals.remove(.overflow)
        }
    }

    let clientID: ClientID
    let eventLoop: any EventLoop
    /// The most bytes that may wait, and from how many on a sender is held back.
    private let maxBytes: Int
    private var congestionBytes: Int { maxBytes / 4 }
    private let state = Mutex(State())
    /// The owner; touched on `eventLoop` only, nil once it is closed.
    nonisolated(unsafe) var session: SignalingSession?

    init(clientID: ClientID, eventLoop: any EventLoop, maxBytes: Int) {
        self.clientID = clientID
        self.eventLoop = eventLoop
        self.maxBytes = maxBytes
    }

    // MARK: Posting, from any event loop

    /// Posts a forwarded message as a text frame. `loop` is the poster's, which wakes the owner later.
    func post(_ message: SplicedMessage, from sender: Mailbox, readAt: Int64, on loop: LoopContext) -> Receipt
    {
        post(.text, count: message.count, from: sender, forwardedAt: readAt, on: loop) {
            message.write(to: $0)
        }
    }

    /// Posts a forwarded message that is JSON already.
    func post(json: [UInt8], from sender: Mailbox, readAt: Int64, on loop: LoopContext) -> Receipt {
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
    ) -> Receipt {
        var displaced: Mailbox?
        let (receipt, mustWake) = state.withLock { state -> (Receipt, Bool) in
            if state.isClosed || state.signals.contains(.overflow) { return (.dropped, false) }
            var frames = state.frames.take() ?? loop.takeBuffer()
            defer { state.frames = frames }
            if frames.readableBytes + count > maxBytes {
                state.signals.insert(.overflow)
                return (.dropped, !state.isWoken.exchange(with: true))
            }
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
            var receipt = Receipt.posted
            if let sender, frames.readableBytes > congestionBytes {
                if state.blockedSender !== sender { displaced = state.blockedSender }
                state.blockedSender = sender
                receipt = .congested
            }
            return (receipt, !state.isWoken.exchange(with: true))
        }
        if mustWake { loop.wakeLater(self) }
        displaced?.signal(.resumeReading, on: loop)
        return receipt
    }

    /// Leaves a signal; `loop` is the caller's, which wakes the owner later.
    func signal(_ signals: Signals, on loop: LoopContext) {
        let mustWake = state.withLock { state -> Bool in
            if state.isClosed { return false }
            state.signals.formUnion(signals)
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
                frames: nil, signals: state.signals, forwarded: 0, forwardedSince: state.forwardedSince,
                blockedSender: nil)
            state.signals = state.signals.intersection(.overflow)
            if withFrames {
                batch.frames = state.frames.take()
                batch.forwarded = Int(state.forwarded)
                batch.blockedSender = state.blockedSender.take()
                state.forwarded = 0
            }
            return batch
        }
    }

    /// Forgets the frames that wait and takes new ones again: the owner is about to say good-bye.
    func discardFrames() {
        state.withLock { $0.discardFrames() }
    }

    /// The same, when the bound has been passed and not even a close frame would be taken.
    func discardIfOverflowed() {
        state.withLock { if $0.signals.contains(.overflow) { $0.discardFrames() } }
    }

    /// Takes nothing more from anybody and forgets what is waiting.
    /// - Returns: a sender to be released.
    func close() -> Mailbox? {
        state.withLock { state in
            state.isClosed = true
            state.frames = nil
            state.signals = []
            return state.blockedSender.take()
        }
    }
}

extension Bool {
    /// Stores `value` and returns what was there.
    fileprivate mutating func exchange(with value: Bool) -> Bool {
        defer { self = value }
        return self
    }
}
