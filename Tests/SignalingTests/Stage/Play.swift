import Signaling
import Testing

/// A random play: clients on two loops that come, join, send, stall, leave and die in whatever order the seed says,
/// and what each of them was told.
struct Play {
    private let seed: UInt64
    private var generator: SeededGenerator
    private let stage: Stage
    private var witnesses: [Witness] = []
    private var live: [Int] { witnesses.indices.filter { !witnesses[$0].client.isGone } }

    init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        let asksStore = seed % 4 == 0
        stage = Stage {
            $0.asksStore = asksStore
            $0.messageRate = 10_000
            $0.messageBurst = 10_000
            $0.joinsPerMinute = 10_000
        }
    }

    /// Plays some steps, lets everything come to rest, and checks what must hold then.
    mutating func run(steps: Int) {
        for _ in 0..<steps { step() }
        settle()
        for index in witnesses.indices { witnesses[index].read(seed) }
        checkRest()
    }

    private mutating func step() {
        let live = live
        if live.count < 2 || live.count < 6 && chance(12) { return connect() }
        guard let index = live.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<14: join(index)
        case 14..<18: send(index, [.leave])
        case 18..<44: send(index, (0..<Int.random(in: 1...6, using: &generator)).map { _ in randomMessage() })
        case 44..<56: witnesses[index].client.send(.pong)
        case 56..<62: witnesses[index].client.stallSocket()
        case 62..<70: witnesses[index].client.unstallSocket()
        case 70..<74: witnesses[index].client.takeFromSocket(1)
        case 74..<77: end(index)
        case 77..<82: stage.pass(.milliseconds(Int.random(in: 1...2_500, using: &generator)))
        case 82..<86: answerStore()
        default: wake()
        }
        for index in witnesses.indices { witnesses[index].read(seed) }
    }

    private mutating func connect() {
        let client = stage.connect("c\(witnesses.count)", loop: Int.random(in: 0...1, using: &generator))
        witnesses.append(Witness(client))
    }

    private mutating func join(_ index: Int) {
        let room = ["r", "s", "t"].randomElement(using: &generator) ?? "r"
        let device = chance(30) ? ["phone", "tablet"].randomElement(using: &generator) : nil
        witnesses[index].client.join(room, device: device)
    }

    private mutating func randomMessage() -> Witness.Message {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<2: .ping
        case 2..<3: .large
        default: .small
        }
    }

    private mutating func send(_ index: Int, _ messages: [Witness.Message]) {
        witnesses[index].send(messages)
    }

    private mutating func end(_ index: Int) {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: witnesses[index].client.send(.close(1000))
        case 1: witnesses[index].client.finish()
        default: witnesses[index].client.die()
        }
    }

    private mutating func answerStore() {
        if !stage.questions.isEmpty { stage.storeAnswers(chance(80) ? true : chance(50) ? false : nil) }
    }

    private mutating func wake() {
        guard !stage.sleeping.isEmpty else { return }
        stage.wake(Int.random(in: 0..<stage.sleeping.count, using: &generator))
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }

    /// Everybody reads, answers pings, and is woken, until nothing waits for anything.
    private mutating func settle() {
        for _ in 0..<60 {
            for index in live { witnesses[index].client.unstallSocket() }
            while !stage.questions.isEmpty { stage.storeAnswers(true) }
            stage.wakeSleeping()
            for index in live { witnesses[index].client.send(.pong) }
            stage.wakeSleeping()
            stage.pass(.milliseconds(500))
        }
        stage.wakeSleeping()
    }

    private func checkRest() {
        for witness in witnesses where !witness.client.isGone {
            let client = witness.client
            #expect(client.readsSocket && client.kept.isEmpty && client.unread.isEmpty, "held: seed \(seed)")
            #expect(client.rules.participant.seat?.room.text == witness.room, "seats differ: seed \(seed)")
            #expect(witness.unanswered.isEmpty, "not answered: seed \(seed)")
        }
        let seated = Dictionary(grouping: witnesses.filter { !$0.client.isGone && $0.room != nil }) {
            $0.room ?? ""
        }
        for members in seated.values {
            #expect(members.count <= 2, "seed \(seed)")
            #expect(members.filter(\.isInitiator).count == 1, "initiators: seed \(seed)")
            #expect(members.allSatisfy { $0.isReady == (members.count == 2) }, "ready: seed \(seed)")
        }
        #expect(stage.rooms.count == seated.count, "rooms: seed \(seed)")
        for witness in witnesses {
            #expect(witness.client.mostBytesWaiting <= stage.outboxBound.maxBytes, "seed \(seed)")
        }
    }
}
