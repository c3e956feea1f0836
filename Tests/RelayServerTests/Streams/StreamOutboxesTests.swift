import Loops
import Testing

@testable import RelayServer

@Suite struct StreamOutboxesTests {
    private static let media = TestMessage.channelData(96)
    private static let answer = TestMessage.binding()

    /// Outboxes with room for ten packets and five answers more.
    private func outboxes(open handles: [UInt32]) -> StreamOutboxes {
        var limits = StreamLimits()
        limits.outboxBytes = 1000
        limits.answerReserveBytes = 100
        var outboxes = StreamOutboxes(limits)
        for handle in handles { outboxes.open(handle) }
        return outboxes
    }

    @Test func clientsAreListedOnceAndInTheOrderOfTheirFirstFrames() {
        var outboxes = outboxes(open: [1, 2, 3])
        for handle: UInt32 in [3, 1, 3, 1] { outboxes.append(handle, Self.answer) }
        #expect(outboxes.nextListed() == 3)
        #expect(outboxes.nextListed() == 1)
        #expect(outboxes.nextListed() == nil)
        #expect(Array(outboxes.waitingBytes(of: 3)) == Self.answer + Self.answer)
        #expect(outboxes.waitingBytes(of: 2).isEmpty)
        outboxes.append(3, Self.answer)
        #expect(outboxes.nextListed() == 3)
    }

    @Test func memoryReturnsWithTheLastWrittenByte() {
        var outboxes = outboxes(open: [5])
        outboxes.append(5, Self.media)
        #expect(outboxes.memory.usedByteCount > 0)
        #expect(outboxes.memory.usedByteCount == outboxes.memoryByteCount(of: 5))
        outboxes.removeWritten(30, of: 5)
        #expect(Array(outboxes.waitingBytes(of: 5)) == Array(Self.media.dropFirst(30)))
        outboxes.removeWritten(70, of: 5)
        #expect(outboxes.memory.usedByteCount == 0 && outboxes.waitingBytes(of: 5).isEmpty)
    }

    @Test func aFullOutboxDropsMediaAndTakesAnswersUntilItIsOverfull() {
        var outboxes = outboxes(open: [5, 6])
        for _ in 0..<12 { outboxes.append(5, Self.media) }
        #expect(outboxes.droppedPackets == 2 && outboxes.droppedBytes == 200)
        for _ in 0..<5 { outboxes.append(5, Self.answer) }
        #expect(outboxes.waitingBytes(of: 5).count == 1100 && !outboxes.isOverfull(5))
        _ = outboxes.nextListed()
        outboxes.append(5, Self.answer)
        #expect(outboxes.isOverfull(5) && !outboxes.isOverfull(6))
        #expect(outboxes.nextListed() == 5)
        #expect(outboxes.memory.usedByteCount == 0)
        outboxes.append(5, Self.media)
        #expect(outboxes.waitingBytes(of: 5).isEmpty && outboxes.nextListed() == nil)
    }

    @Test func aShutOutboxTakesNothing() {
        var outboxes = outboxes(open: [5])
        outboxes.append(5, Self.media)
        outboxes.shut(5)
        outboxes.append(5, Self.answer)
        #expect(outboxes.waitingBytes(of: 5).isEmpty && !outboxes.isOverfull(5))
        #expect(outboxes.memory.usedByteCount == 0)
    }

    @Test func theHandleOfAnEarlierClientOfAPlaceFindsNothing() {
        let (old, new): (UInt32, UInt32) = (7, 1 << 20 | 7)
        var outboxes = outboxes(open: [old])
        outboxes.append(old, Self.media)
        outboxes.close(old)
        #expect(outboxes.memory.usedByteCount == 0)
        outboxes.open(new)
        outboxes.append(old, Self.media)
        outboxes.close(old)
        outboxes.append(new, Self.answer)
        #expect(outboxes.nextListed() == new && outboxes.nextListed() == nil)
        #expect(Array(outboxes.waitingBytes(of: new)) == Self.answer)
    }

    @Test func whatWaitsStaysWhenMoreClientsCome() {
        var outboxes = outboxes(open: [1])
        outboxes.append(1, Self.answer)
        for handle: UInt32 in 2..<1000 { outboxes.open(handle) }
        outboxes.append(999, Self.media)
        #expect(Array(outboxes.waitingBytes(of: 1)) == Self.answer)
        #expect(outboxes.nextListed() == 1)
        #expect(outboxes.nextListed() == 999)
    }
}
