import Requests
import Testing

@Suite("At the gate, whatever comes,")
struct GateRandomTests {
    private static let maxHeaderBytes = 260

    private func stage(_ seed: UInt64, answersAtOnce: Bool) -> GateStage {
        GateStage {
            $0.policy.maxHeaderBytes = Self.maxHeaderBytes
            $0.policy.handsOver = seed % 3 == 0
            $0.redirectPort = seed % 8 == 1 ? 443 : nil
            $0.isDraining = seed % 8 == 2
            $0.answersAtOnce = answersAtOnce
            $0.tellsOfReading = false
        }
    }

    /// What happens, without how much is dropped at the end.
    private func outcome(_ stage: GateStage) -> [String] {
        // The last answer comes when all has been sent.
        while stage.isOpen, let http = stage.http, http.waiting > 0 || stage.answersLast { stage.answer() }
        return stage.takeLines().filter { $0 != "dropped" }
    }

    @Test("the same bytes lead to the same, in whatever pieces they come and whenever answers are written")
    func pieces() {
        for seed in 0..<1_500 as Range<UInt64> {
            var requests = RandomRequests(generator: SeededGenerator(seed: seed))
            let bytes = requests.bytes()
            let reference = stage(seed, answersAtOnce: true)
            reference.send(bytes)
            let expected = outcome(reference)
            for _ in 0..<3 {
                let answersAtOnce = requests.number(0...1) == 0
                let other = stage(seed, answersAtOnce: answersAtOnce)
                let mostBytes = [1, 3, 40, 400][requests.number(0...3)]
                var rest = bytes[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(requests.number(1...mostBytes))
                    rest.removeFirst(piece.count)
                    other.send(Array(piece))
                    if other.http?.waiting ?? 0 > 0, !other.answersLast, requests.number(0...1) == 0 {
                        other.answer()
                    }
                }
                #expect(outcome(other) == expected, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    @Test("nothing goes on behind a refusal, what is held is bounded, and every wait ends")
    func play() {
        for seed in 0..<600 as Range<UInt64> {
            var requests = RandomRequests(generator: SeededGenerator(seed: seed))
            let stage = stage(seed, answersAtOnce: false)
            let mostPiece = 300
            var sent: [UInt8] = []
            for _ in 0..<60 {
                switch requests.number(0...11) {
                case 0...5:
                    if sent.isEmpty { sent = requests.bytes() }
                    // The kernel's buffer is not endless.
                    guard stage.unread.isEmpty else { break }
                    let piece = Array(sent.prefix(requests.number(1...mostPiece)))
                    sent.removeFirst(piece.count)
                    stage.send(piece)
                case 6...8: if stage.http?.waiting ?? 0 > 0 { stage.answer() }
                case 9: stage.pass(.milliseconds(requests.number(1...3_000)))
                case 10:
                    stage.settings.socketHasTakenAll.toggle()
                    stage.socketChanged()
                default: if requests.number(0...15) == 0 { stage.finish() }
                }
            }
            #expect(stage.mostHeld <= Self.maxHeaderBytes + 2 * mostPiece, "seed \(seed)")
            // Without a further word of the client or an answer, only a session stays.
            stage.pass(.seconds(200))
            let isSession = stage.rules.input == .session
            #expect(stage.isOpen == isSession && (stage.timeLeft == nil), "seed \(seed)")
            let lines = stage.takeLines()
            if let refusal = lines.firstIndex(where: { $0.hasPrefix("refuse") }) {
                let behind = lines[(refusal + 1)...]
                #expect(
                    behind.allSatisfy { ["end of input", "dropped", "close"].contains($0) },
                    "\(behind)")
            }
        }
    }
}
