import Pairing
import Synchronization
import Testing

@Suite("News of a store")
struct PairingEventsTests {
    private let code = JoinCode(stored: "1")
    private let accepted = PairingEvent.accepted(JoinCode(stored: "1"), room: RoomID(stored: "r"))
    private let ended = PairingEvent.roomsEnded([RoomID(stored: "r")])

    private final class Reader: Sendable {
        private let events = Mutex<[PairingEvent]>([])
        var read: [PairingEvent] { events.withLock { $0 } }

        @Sendable
        func receive(_ event: PairingEvent) { events.withLock { $0.append(event) } }
    }

    @Test("Every subscriber of a topic is told, and nobody of another")
    func topics() {
        let (events, one, two, other, ends) = (PairingEvents(), Reader(), Reader(), Reader(), Reader())
        let subscriptions = [
            events.subscribe(to: .acceptance(of: code), one.receive),
            events.subscribe(to: .acceptance(of: code), two.receive),
            events.subscribe(to: .acceptance(of: JoinCode(stored: "2")), other.receive),
            events.subscribe(to: .endedRooms, ends.receive),
        ]
        events.publish(accepted)
        events.publish(ended)
        events.publish(ended: [])
        events.publish(.conflict, of: code)
        #expect(one.read == [accepted] && two.read == [accepted] && ends.read == [ended])
        #expect(other.read.isEmpty)
        withExtendedLifetime(subscriptions) {}
    }

    @Test("A subscription ends once, by hand or when it is dropped")
    func ends() {
        let (events, reader) = (PairingEvents(), Reader())
        let first = events.subscribe(to: .endedRooms, reader.receive)
        var second = events.subscribe(to: .endedRooms, reader.receive)
        #expect(second != nil && events.count == 2)
        first?.end()
        first?.end()
        #expect(events.count == 1)
        second = nil
        #expect(events.count == 0)
        events.publish(ended)
        #expect(reader.read.isEmpty)
    }

    @Test("One subscription too many is refused, until another ends")
    func bound() {
        let events = PairingEvents(maximumCount: 2)
        let kept = (0..<2).map { _ in events.subscribe(to: .endedRooms) { _ in } }
        #expect(kept.allSatisfy { $0 != nil })
        #expect(events.subscribe(to: .acceptance(of: code)) { _ in } == nil)
        kept[0]?.end()
        #expect(events.subscribe(to: .acceptance(of: code)) { _ in } != nil)
    }

    @Test("Who is told may subscribe, publish and end subscriptions")
    func reentrant() {
        let (events, reader) = (PairingEvents(), Reader())
        let later = Mutex<PairingEvents.Subscription?>(nil)
        let (accepted, code) = (accepted, code)
        let first = events.subscribe(to: .endedRooms) { _ in
            let subscription = events.subscribe(to: .acceptance(of: code), reader.receive)
            later.withLock { $0 = subscription }
            events.publish(accepted)
        }
        events.publish(ended)
        #expect(reader.read == [accepted])
        first?.end()
        later.withLock { $0 }?.end()
        #expect(events.count == 0)
    }

    @Test("A subscriber that captures itself weakly goes when its owner drops it")
    func noCycle() {
        final class Watcher: Sendable {
            let subscription = Mutex<PairingEvents.Subscription?>(nil)
            func note() {}
        }
        let events = PairingEvents()
        weak var gone: Watcher?
        do {
            let watcher = Watcher()
            gone = watcher
            let subscription = events.subscribe(to: .endedRooms) { [weak watcher] _ in watcher?.note() }
            watcher.subscription.withLock { $0 = subscription }
            events.publish(ended)
        }
        #expect(gone == nil && events.count == 0)
    }

    private final class Counter: Sendable {
        private let counted = Atomic<Int>(0)
        var value: Int { counted.load(ordering: .relaxed) }
        func count() { counted.add(1, ordering: .relaxed) }
    }

    @Test("Subscriptions of many threads at once all hear of what is published after them")
    func concurrent() async {
        let events = PairingEvents()
        let heard = Counter()
        await withTaskGroup(of: Void.self) { tasks in
            for number in 0..<200 {
                tasks.addTask {
                    let code = JoinCode(stored: "\(number % 20)")
                    let own = RoomID(stored: "\(number)")
                    let subscription = events.subscribe(to: .acceptance(of: code)) { event in
                        if event == .accepted(code, room: own) { heard.count() }
                    }
                    events.publish(.accepted(code, room: own))
                    subscription?.end()
                }
            }
        }
        #expect(heard.value == 200 && events.count == 0)
    }
}
