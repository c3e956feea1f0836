package import Timing

/// What HTTP's decoder and encoder behind the gate see.
extension GateRules {
    /// True when every request has been answered and no other has begun.
    package var isIdle: Bool { exchange?.isIdle ?? true }

    /// True when every request that has begun has its response.
    package var isAnswered: Bool { exchange?.isAnswered ?? true }

    /// The head of a request has been decoded.
    package mutating func requestBegan() { exchange?.requestBegan() }

    /// The end of a request has been decoded.
    package mutating func requestEnded(at now: MonotonicTime) { exchange?.requestEnded(at: now) }

    /// The end of a response has been written.
    ///
    /// - Parameter requestIsOpen: the request was answered before its end, which is still coming in.
    package mutating func responseEnded(at now: MonotonicTime, requestIsOpen: Bool) {
        exchange?.responseEnded(at: now, requestIsOpen: requestIsOpen)
    }

    /// The last response is out, and the rest of its request is read only to be dropped.
    package mutating func lingers(at now: MonotonicTime) { exchange?.lingers(at: now) }

    /// A response is out, and the connection goes on with the next request.
    package mutating func answered() -> GateAction {
        guard case .routing = stage, isAwaitingAnswer, isAnswered else { return .nothing }
        isAwaitingAnswer = false
        return .resume
    }

    /// The bytes held behind the answered request have been looked at.
    package func caughtUp() -> GateAction {
        switch stage {
        case .routing where isAwaitingAnswer: .nothing
        case .routing, .session, .lingering: inputHasEnded ? .passOnEnd : .readAgain
        case .handingOver, .closed: .nothing
        }
    }
}
