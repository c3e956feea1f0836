/// News for a session other than bytes. A session acts on signals that arrive together in this order.
package enum SessionSignal: UInt8, CaseIterable, Sendable {
    /// The seat was given to another member.
    case evicted
    /// The outbox has passed its bound; nothing more is taken.
    case overflow
    /// The peer that was too slow has caught up, or is gone.
    case peerCaughtUp
    /// A seat in the awaited room may be free.
    case retryJoin
    /// The awaited room stays full.
    case joinRefused
    /// Show a sign of life: another member wants the seat.
    case probe
}

/// A set of signals.
@usableFromInline
package struct SessionSignals: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    private init(_ signal: SessionSignal) { rawValue = 1 << signal.rawValue }

    @inlinable package static var evicted: SessionSignals { SessionSignals(rawValue: 1 << 0) }
    @inlinable package static var overflow: SessionSignals { SessionSignals(rawValue: 1 << 1) }
    @inlinable package static var peerCaughtUp: SessionSignals { SessionSignals(rawValue: 1 << 2) }
    @inlinable package static var retryJoin: SessionSignals { SessionSignals(rawValue: 1 << 3) }
    @inlinable package static var joinRefused: SessionSignals { SessionSignals(rawValue: 1 << 4) }
    @inlinable package static var probe: SessionSignals { SessionSignals(rawValue: 1 << 5) }

    /// Takes out the signal that is acted on first.
    package mutating func popFirst() -> SessionSignal? {
        guard let signal = SessionSignal(rawValue: UInt8(truncatingIfNeeded: rawValue.trailingZeroBitCount))
        else { return nil }
        remove(SessionSignals(signal))
        return signal
    }
}
