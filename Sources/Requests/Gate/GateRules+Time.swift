package import Timing

extension GateRules {
    /// When ``due(at:_:)`` is to be asked; `distantFuture` for never.
    package func deadline(_ policy: GatePolicy) -> MonotonicTime {
        switch stage {
        case .routing, .handingOver: exchange?.deadline(policy) ?? openedAt + policy.handshakeTimeout
        case .lingering(let until): until
        case .session, .closed: .distantFuture
        }
    }

    /// The time is up for what the connection waits for, or it is not.
    package mutating func due(at now: MonotonicTime, _ policy: GatePolicy) -> GateAction {
        guard now >= deadline(policy) else { return .nothing }
        switch stage {
        case .session, .closed: return .nothing
        case .lingering: return close()
        case .routing, .handingOver:
            stage = .closed
            return .end(exchange?.timeout ?? .handshakeTimeout)
        }
    }

    /// Since when the client has been behind, of a connection that holds waiting bytes.
    package var behindSince: MonotonicTime { exchange?.since ?? openedAt }

    /// The last answer is out.
    package var isLingering: Bool {
        if case .lingering = stage { true } else { false }
    }
}
