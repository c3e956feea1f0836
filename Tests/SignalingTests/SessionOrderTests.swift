import Testing

@Suite("What clients are told, whatever happens in whatever order")
struct SessionOrderTests {
    @Test("keeps the promises of the protocol", arguments: 0..<8)
    func promises(part: Int) {
        for seed in 0..<50 {
            var play = Play(seed: UInt64(part * 50 + seed))
            play.run(steps: 150)
        }
    }
}
