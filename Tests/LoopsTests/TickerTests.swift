import Testing

@testable import Loops

@Suite struct TickerTests {
    @Test func `A ticker strikes until it is stopped`() throws {
        let poller = try Poller()
        var ticker = try Ticker(intervalNanoseconds: 2_000_000)
        poller.registry.watch(ticker.descriptor, tag: PollTag(rawKind: 1, index: 0))
        #expect(poller.wait(milliseconds: 0) == 0)
        ticker.start()
        for _ in 0..<3 {
            #expect(poller.wait(milliseconds: 10_000) == 1)
            ticker.acknowledge()
        }
        ticker.stop()
        ticker.acknowledge()
        #expect(poller.wait(milliseconds: 20) == 0)
    }
}
