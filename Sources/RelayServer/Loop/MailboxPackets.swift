import Addresses
import TURN

/// Packets from other loops in one piece of memory, in the order in which they came.
///
/// Each packet follows a record of its sender and receiver. There is room in front for the header that the
/// receiving client gets, and behind for padding. When the memory is full, the newest packet is dropped. The memory
/// has one owner at a time, so it may be handed from thread to thread.
struct MailboxPackets: ~Copyable, @unchecked Sendable {
    /// Packets for half a millisecond at a gigabit and more; a loop that falls behind further has other losses.
    static let byteCapacity = 1 << 20

    /// A packet's record.
    struct Record: BitwiseCopyable {
        let receiver: AllocationID
        /// The relayed address of the sender.
        let sender: TransportAddress
        let byteCount: Int
    }

    private static let alignment = 16
    static let headroom = 48
    static let tailroom = 3
    private static let recordByteCount =
        (MemoryLayout<Record>.size + alignment - 1) / alignment * alignment + headroom

    private let memory: UnsafeMutableRawPointer
    private var end = 0

    init() {
        memory = .allocate(byteCount: Self.byteCapacity, alignment: Self.alignment)
    }

    deinit {
        memory.deallocate()
    }

    var isEmpty: Bool { end == 0 }

    /// Copies a packet in.
    ///
    /// - Returns: whether there was room.
    mutating func append(
        _ payload: UnsafeRawBufferPointer, from sender: TransportAddress, to receiver: AllocationID
    )
        -> Bool
    {
        let needed = Self.recordByteCount &+ payload.count &+ Self.tailroom
        let next = end &+ (needed &+ Self.alignment &- 1) / Self.alignment * Self.alignment
        guard next <= Self.byteCapacity else { return false }
        let record = Record(receiver: receiver, sender: sender, byteCount: payload.count)
        (memory + end).storeBytes(of: record, as: Record.self)
        if let bytes = payload.baseAddress {
            (memory + end + Self.recordByteCount).copyMemory(from: bytes, byteCount: payload.count)
        }
        end = next
        return true
    }

    /// The packet at a place and the place of the next; nil at the end. The first is at 0.
    ///
    /// The payload is valid until `removeAll`; 48 bytes in front of it and three behind may be overwritten.
    @inline(__always)
    func packet(at place: Int) -> (record: Record, payload: UnsafeMutableRawPointer, next: Int)? {
        guard place < end else { return nil }
        let record = (memory + place).load(as: Record.self)
        let needed = Self.recordByteCount &+ record.byteCount &+ Self.tailroom
        let next = place &+ (needed &+ Self.alignment &- 1) / Self.alignment * Self.alignment
        return (record, memory + place + Self.recordByteCount, next)
    }

    mutating func removeAll() {
        end = 0
    }
}
