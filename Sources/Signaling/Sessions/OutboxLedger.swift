/// How many bytes may wait for a participant, and at how many its peer is held back.
@usableFromInline
package struct OutboxBound: Sendable {
    /// One frame more than fits into this many bytes is an overflow.
    @usableFromInline package let maxBytes: Int
    /// With more than this many waiting, the sender is held.
    @inlinable
    package var congestedBytes: Int { maxBytes / 4 }

    /// - Parameter maxBytes: payload bytes, from 4 up.
    package init(maxBytes: Int) { self.maxBytes = maxBytes }
}

/// The result of posting a message to another participant.
@usableFromInline
package enum Delivery: Equatable, Sendable {
    case posted
    /// Posted, but the outbox fills faster than it drains: the sender is held until it is released.
    case congested
    /// Dropped: the receiver is gone or about to be.
    case dropped
    /// There is no other member.
    case noPeer
}

/// The bookkeeping of an outbox, without the bytes themselves: its bound, its signals, and the sender that is held
/// for it. The owner of the bytes asks it before and after it takes some.
@usableFromInline
package struct OutboxLedger<Sender: Equatable> {
    /// Whether one more frame is taken.
    @usableFromInline
    package enum Verdict: Sendable {
        case take
        /// The bound is passed with this frame: drop it and have the owner look at its signals.
        case overflow
        /// Drop it silently.
        case drop
    }

    @usableFromInline var isClosed = false
    /// The signals that the owner must act on. An overflow stays until the waiting bytes are discarded.
    @usableFromInline package private(set) var signals: SessionSignals = []
    @usableFromInline var heldSender: Sender?

    /// An open outbox with nothing in it.
    @inlinable
    package init() {}

    /// Whether a frame of `byteCount` may be put behind the `waiting` bytes.
    @inlinable
    package mutating func admit(_ byteCount: Int, behind waiting: Int, _ bound: OutboxBound) -> Verdict {
        if isClosed || signals.contains(.overflow) { return .drop }
        if waiting + byteCount > bound.maxBytes {
            signals.insert(.overflow)
            return .overflow
        }
        return .take
    }

    /// A message of `sender` was put into the outbox, which holds `waiting` bytes now.
    /// - Returns: whether the sender must be held, and the sender that was held for this outbox before, if it
    ///   differs. Only one is remembered; the other is released.
    @inlinable
    package mutating func posted(
        from sender: Sender, waiting: Int, _ bound: OutboxBound
    ) -> (delivery: Delivery, released: Sender?) {
        guard waiting > bound.congestedBytes else { return (.posted, nil) }
        let released = heldSender == sender ? nil : heldSender
        heldSender = sender
        return (.congested, released)
    }

    /// Leaves signals for the owner.
    /// - Returns: false when the outbox is closed: there is no owner to act on them.
    @inlinable
    package mutating func signal(_ signals: SessionSignals) -> Bool {
        if isClosed { return false }
        self.signals.formUnion(signals)
        return true
    }

    /// Takes the signals out, to be acted on.
    @inlinable
    package mutating func takeSignals() -> SessionSignals {
        defer { signals.formIntersection(.overflow) }
        return signals
    }

    /// The waiting bytes were handed to the socket.
    /// - Returns: a sender to be released.
    @inlinable
    package mutating func emptied() -> Sender? { heldSender.take() }

    /// The waiting bytes were dropped, and frames are accepted again.
    @inlinable
    package mutating func discarded() { signals.remove(.overflow) }

    /// Whether the bound was passed.
    @inlinable
    package var hasOverflowed: Bool { signals.contains(.overflow) }

    /// No more frames are accepted.
    /// - Returns: a sender to be released.
    @inlinable
    package mutating func close() -> Sender? {
        isClosed = true
        signals = []
        return heldSender.take()
    }
}

extension OutboxLedger: Sendable where Sender: Sendable {}
