import Addresses
import Glibc
import Loops
import STUN
import TURN
import Testing

@testable import RelayServer

@Suite struct MailboxTests {
    static let sender = TransportAddress(IPAddress(v4: 0x0A00_0001), port: 50_000)
    static let receiver = AllocationID(index: 7, generation: 3)

    /// The packets a mailbox has, in order.
    static func payloads(_ packets: borrowing MailboxPackets) -> [[UInt8]] {
        var all: [[UInt8]] = []
        var place = 0
        while let (record, payload, next) = packets.packet(at: place) {
            all.append(Array(UnsafeRawBufferPointer(start: payload, count: record.byteCount)))
            place = next
        }
        return all
    }

    @Test func `Packets come out as they went in, and a sender wakes the loop once`() throws {
        let mailbox = try LoopMailbox()
        let sent = [0, 1, 3, 16, 200, 1_500].map { count in (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        }
        var wakes: [Bool] = []
        for packet in sent {
            packet.withUnsafeBytes {
                wakes.append(mailbox.post($0, from: Self.sender, to: Self.receiver))
            }
        }
        #expect(wakes == [true, false, false, false, false, false])
        var packets = MailboxPackets()
        var dropped: UInt64 = 0
        #expect(mailbox.takeMail(&packets, dropped: &dropped).isEmpty)
        #expect(dropped == 0)
        let received = Self.payloads(packets)
        #expect(received == sent)
        let first = packets.packet(at: 0)
        #expect(first?.record.sender == Self.sender)
        #expect(first?.record.receiver == Self.receiver)
        // The loop has looked: the next packet wakes it again.
        #expect([1].withUnsafeBytes { mailbox.post($0, from: Self.sender, to: Self.receiver) })
    }

    @Test func `A full mailbox drops the newest and says how many`() throws {
        let mailbox = try LoopMailbox()
        let packet = [UInt8](repeating: 1, count: 60_000)
        for _ in 0..<20 {
            packet.withUnsafeBytes { _ = mailbox.post($0, from: Self.sender, to: Self.receiver) }
        }
        var packets = MailboxPackets()
        var dropped: UInt64 = 0
        _ = mailbox.takeMail(&packets, dropped: &dropped)
        let kept = Self.payloads(packets).count
        #expect(kept == 17)
        #expect(dropped == 3)
        packets.removeAll()
        _ = mailbox.takeMail(&packets, dropped: &dropped)
        let empty = packets.isEmpty
        #expect(empty)
    }

    @Test func `Each wake is an event of its own without reading the descriptor`() throws {
        let mailbox = try LoopMailbox()
        let poller = try Poller()
        poller.registry.watch(
            mailbox.descriptor, tag: .init(.mailbox, index: 0), events: PollRegistry.edgeTriggeredInput)
        for _ in 0..<3 {
            mailbox.post(.stopListening)
            let woken = poller.wait(milliseconds: 1_000)
            #expect(woken == 1)
            let tag = poller.event(0).tag
            #expect(tag.kind == .mailbox)
        }
        let quiet = poller.wait(milliseconds: 0)
        #expect(quiet == 0)
    }

    @Test func `A tag keeps kind, index and generation`() {
        let tag = PollTag(.relay, index: 0xFFFF_FFFE, generation: 0x1AB_CDEF)
        #expect(tag.kind == .relay)
        #expect(tag.index == 0xFFFF_FFFE)
        #expect(tag.generation == 0xAB_CDEF)
        #expect(PollTag(bits: tag.bits) == tag)
        #expect(PollTag(bits: .max).kind == nil)
    }
}
