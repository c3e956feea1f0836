extension GateRules {
    /// Whether it goes to the relay: ``socketChanged(hasTakenAll:)`` is told now and whenever the socket changes.
    package var isHandingOver: Bool {
        if case .handingOver = stage { true } else { false }
    }

    /// Whether the socket has taken everything that was written. What TLS has written of its handshake goes out before
    /// the relay gets the connection; nothing more is read meanwhile, because it would be for the relay to read.
    package mutating func socketChanged(hasTakenAll: Bool) -> GateAction {
        guard isHandingOver else { return .nothing }
        guard hasTakenAll else { return .stopReading }
        stage = .closed
        return .handOver
    }
}
