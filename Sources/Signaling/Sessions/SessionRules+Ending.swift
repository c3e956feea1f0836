package import Timing

/// How sessions end.
extension SessionRules {
    /// The connection is gone, and with it the participant.
    package mutating func disconnected() -> DisconnectedAction {
        _ = participant.leave()
        defer { state = .closed }
        switch state {
        case .closed: return .nothing
        case .closing: return .depart
        case .open, .heldForPeer, .askingStore: return .departUnannounced(.client)
        }
    }

    /// A close frame came. The answer has its code, or none if it has none.
    /// - Parameter isLast: nothing came behind it.
    package mutating func clientClosed(_ code: UInt16?, isLast: Bool, at now: MonotonicTime) -> Ending {
        end(.client, .closeFrame(code: code), hangUpAt: now + SessionBounds.lingerTime, isAnswer: isLast)
    }

    /// The client broke a rule of RFC 6455.
    package mutating func violated(_ reason: SessionEnd, at now: MonotonicTime) -> Ending {
        close(reason, at: now)
    }

    /// Ends with the close frame that belongs to `reason`.
    mutating func close(_ reason: SessionEnd, at now: MonotonicTime, discardsOutbox: Bool = false) -> Ending {
        end(
            reason, .closeFrame(code: reason.closeCode), hangUpAt: now + SessionBounds.lingerTime,
            discardsOutbox: discardsOutbox)
    }

    /// Ends without a close frame: the client no longer listens.
    mutating func drop(_ reason: SessionEnd) -> Ending {
        end(reason, .none, hangUpAt: .distantFuture)
    }

    private mutating func end(
        _ reason: SessionEnd, _ farewell: Ending.Farewell, hangUpAt: MonotonicTime,
        discardsOutbox: Bool = false, isAnswer: Bool = false
    ) -> Ending {
        let wasHeld = !takesMessages
        state = .closing(hangUpAt: hangUpAt)
        _ = participant.leave()
        return Ending(
            reason: reason, farewell: farewell, discardsOutbox: discardsOutbox, isAnswer: isAnswer,
            readsAgain: wasHeld)
    }
}
