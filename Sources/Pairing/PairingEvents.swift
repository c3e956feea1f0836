import Synchronization

/// Something that a store has done, and that others than its caller want to know.
package enum PairingEvent: Equatable, Sendable {
    /// The invitation with this code leads to this room from now on. Told again when its accept is repeated.
    case accepted(JoinCode, room: RoomID)
    /// These rooms were deleted, each named once, in no order; never empty.
    case roomsEnded([RoomID])
}

/// The news of one store: published once where the truth is, and told to all who subscribed.
///
/// A store publishes after the change is durable, and before its caller has the answer. An event is a hint and not
/// a record: it ends with the process. A subscriber that must not miss anything also asks the store
/// (``PairingStore/check(_:client1:now:)``, the rooms that ended). A subscriber that subscribes first and then asks
/// misses nothing.
///
/// Everything may be called from any thread. Subscribers are called one after the other on the thread that publishes,
/// without a lock: they may publish, subscribe and end subscriptions, and must not block. Events that are published at the
/// same time arrive in any order.
package final class PairingEvents: Sendable {
    /// What a subscriber wants to be told.
    package enum Topic: Hashable, Sendable {
        /// ``PairingEvent/accepted(_:room:)`` of this code.
        case acceptance(of: JoinCode)
        /// Every ``PairingEvent/roomsEnded(_:)``.
        case endedRooms
    }

    /// A subscription. It ends when it is dropped, or earlier by ``end()``.
    ///
    /// It keeps neither the events nor the subscriber alive, but it does keep what its closure captures. So the
    /// closure must capture the owner of the subscription weakly, or the owner is never released.
    package final class Subscription: Sendable {
        private let topic: Topic
        private let number: UInt64
        private weak let events: PairingEvents?

        fileprivate init(_ topic: Topic, _ number: UInt64, _ events: PairingEvents) {
            self.topic = topic
            self.number = number
            self.events = events
        }

        deinit { end() }

        /// Tells the subscriber nothing more, but for what is being published at this moment. Again is harmless.
        package func end() { events?.end(topic, number) }
    }

    private typealias Receiver = @Sendable (PairingEvent) -> Void

    private struct State {
        var receivers: [Topic: [UInt64: Receiver]] = [:]
        var count = 0
        var nextNumber: UInt64 = 0
    }

    /// Subscriptions at a time, unless told otherwise: more than there are connections by default.
    package static let maximumCount = 100_000

    private let state = Mutex(State())
    private let maximumCount: Int

    /// Makes the news of one store.
    ///
    /// - Parameter maximumCount: subscriptions at a time.
    package init(maximumCount: Int = PairingEvents.maximumCount) { self.maximumCount = maximumCount }

    /// How many subscriptions there are.
    package var count: Int { state.withLock { $0.count } }

    /// Has `receive` called for what is published on the topic from now on.
    ///
    /// - Returns: nil if there are too many subscriptions; then nothing is delivered.
    package func subscribe(
        to topic: Topic, _ receive: @escaping @Sendable (PairingEvent) -> Void
    ) -> Subscription? {
        let number: UInt64? = state.withLock { state in
            guard state.count < maximumCount else { return nil }
            state.nextNumber += 1
            state.count += 1
            state.receivers[topic, default: [:]][state.nextNumber] = receive
            return state.nextNumber
        }
        return number.map { Subscription(topic, $0, self) }
    }

    /// Tells an event to those who subscribed to it, and returns when all have been told.
    package func publish(_ event: PairingEvent) {
        let topic: Topic =
            switch event {
            case .accepted(let code, _): .acceptance(of: code)
            case .roomsEnded: .endedRooms
            }
        let receivers = state.withLock { state in state.receivers[topic].map { Array($0.values) } ?? [] }
        for receive in receivers { receive(event) }
    }

    private func end(_ topic: Topic, _ number: UInt64) {
        // The closure is dropped after the lock: what it captured may end subscriptions of its own.
        let receiver = state.withLock { state -> Receiver? in
            guard let receiver = state.receivers[topic]?.removeValue(forKey: number) else { return nil }
            state.count -= 1
            if state.receivers[topic]?.isEmpty == true { state.receivers[topic] = nil }
            return receiver
        }
        _ = receiver
    }
}

extension PairingEvents {
    /// Publishes what became of an accept that is durable, if that is news.
    package func publish(_ outcome: AcceptOutcome, of code: JoinCode) {
        switch outcome {
        case .room(let room): publish(.accepted(code, room: room))
        case .notFoundOrExpired, .conflict: break
        }
    }

    /// Publishes that rooms were deleted, if any were.
    package func publish(ended rooms: [RoomID]) {
        if !rooms.isEmpty { publish(.roomsEnded(rooms)) }
    }
}
