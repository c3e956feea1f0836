import Signaling
import Testing

@Suite("An outbox's ledger")
struct OutboxLedgerTests {
    private let bound = OutboxBound(maxBytes: 100)

    private func post(from sender: Int, _ waiting: Int, _ ledger: inout OutboxLedger<Int>) -> String {
        let (delivery, released) = ledger.posted(from: sender, waiting: waiting, bound)
        return "\(delivery)" + (released.map { ", \($0) is released" } ?? "")
    }

    @Test("takes frames up to its bound, then none until what waits is discarded")
    func bounds() {
        var ledger = OutboxLedger<Int>()
        #expect(ledger.admit(100, behind: 0, bound) == .take)
        #expect(ledger.admit(1, behind: 99, bound) == .take)
        #expect(!ledger.hasOverflowed)
        #expect(ledger.admit(1, behind: 100, bound) == .overflow)
        #expect(ledger.admit(1, behind: 0, bound) == .drop)
        #expect(ledger.takeSignals() == .overflow)
        #expect(ledger.takeSignals() == .overflow)
        ledger.discarded()
        #expect(ledger.takeSignals() == [])
        #expect(ledger.admit(1, behind: 0, bound) == .take)
    }

    @Test("remembers one held sender, and releases it in the end")
    func heldSenders() {
        var ledger = OutboxLedger<Int>()
        #expect(post(from: 7, 25, &ledger) == "posted")
        #expect(ledger.emptied() == nil)
        #expect(post(from: 7, 26, &ledger) == "congested")
        #expect(post(from: 7, 27, &ledger) == "congested")
        #expect(post(from: 8, 28, &ledger) == "congested, 7 is released")
        #expect(ledger.emptied() == 8)
        #expect(ledger.emptied() == nil)
        _ = ledger.posted(from: 9, waiting: 26, bound)
        #expect(ledger.close() == 9)
    }

    @Test("takes nothing more when it is closed")
    func closes() {
        var ledger = OutboxLedger<Int>()
        let areTaken = [ledger.signal([.probe, .retryJoin]), ledger.signal(.evicted)]
        #expect(areTaken == [true, true])
        #expect(ledger.takeSignals() == [.probe, .retryJoin, .evicted])
        _ = ledger.signal(.probe)
        #expect(ledger.close() == nil)
        let isTaken = ledger.signal(.probe)
        #expect(!isTaken)
        #expect(ledger.takeSignals() == [])
        #expect(ledger.admit(1, behind: 0, bound) == .drop)
    }

    @Test("has its signals acted on in a fixed order")
    func order() {
        var signals: SessionSignals = [
            .probe, .joinRefused, .retryJoin, .peerCaughtUp, .overflow, .evicted,
        ]
        var order: [SessionSignal] = []
        while let signal = signals.popFirst() { order.append(signal) }
        #expect(order == SessionSignal.allCases)
    }
}
