import Loops

/// What waits to go out to the stream clients of a loop: an outbox for each, and the list of those to write.
///
/// Belongs to the `PacketPath`, beside the `SendBatch` that does the same for UDP: the path appends frames by a
/// client's handle and knows nothing of sockets. `StreamClients`, which owns the connections, opens and closes the
/// outboxes, and empties the listed ones at the end of a turn.
struct StreamOutboxes: ~Copyable {
    private enum State: UInt8 {
        /// There is no client.
        case free
        case open
        /// The client left more answers unread than it may.
        case overfull
        /// Nothing is written to the client any more.
        case shut
    }

    private struct Entry: BitwiseCopyable {
        var handle: UInt32 = 0
        var state = State.free
        var isListed = false
        var outbox = StreamOutbox()
    }

    /// Bytes that may wait for a client before media for it is dropped, and before its answers are.
    private let mediaLimit: Int
    private let answerLimit: Int
    /// By a handle's place, as in `StreamTable`.
    private var entries: UnsafeMutablePointer<Entry>
    private var capacity = 64
    /// Clients with something to write at the end of the turn, and how many of them have been written.
    private var listed: [UInt32] = []
    private var writtenCount = 0
    /// The memory of what waits in either direction: the incomplete messages of these clients lie in it too.
    var memory: StreamMemory
    /// Media for clients that did not read fast enough.
    private(set) var droppedPackets: UInt64 = 0
    private(set) var droppedBytes: UInt64 = 0

    init(_ limits: StreamLimits) {
        mediaLimit = limits.outboxBytes
        answerLimit = limits.outboxBytes + limits.answerReserveBytes
        memory = StreamMemory(largestBytes: answerLimit)
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: Entry(), count: capacity)
    }

    deinit {
        for place in 0..<capacity { entries[place].outbox.discard() }
        entries.deallocate()
    }

    /// Makes an empty outbox for a new client.
    mutating func open(_ handle: UInt32) {
        let place = Int(StreamHandle.index(handle))
        reserve(place)
        entries[place] = Entry(handle: handle, state: .open)
    }

    /// Forgets the outbox of a client that is gone, and what waited in it.
    mutating func close(_ handle: UInt32) {
        guard let entry = entry(handle) else { return }
        entry.pointee.outbox.removeAll(memory: &memory)
        entry.pointee = Entry()
    }

    /// Adds one frame to a client's outbox, or drops it where the outbox is at its high-water mark.
    ///
    /// Media is dropped at `StreamLimits.outboxBytes`; answers have a reserve beyond. The bytes are copied.
    ///
    /// - Parameter handle: of the client's `ClientRoute`; one that is no longer there is ignored.
    @inline(__always)
    mutating func append(_ handle: UInt32, _ frame: OutgoingFrame) {
        guard let entry = entry(handle), entry.pointee.state == .open else { return }
        if entry.pointee.outbox.append(frame, limit: mediaLimit, memory: &memory) {
            if !entry.pointee.isListed { list(entry) }
        } else {
            appendToFull(entry, frame)
        }
    }

    private mutating func appendToFull(_ entry: UnsafeMutablePointer<Entry>, _ frame: OutgoingFrame) {
        if Self.isMedia(frame) {
            droppedPackets &+= 1
            droppedBytes &+= UInt64(frame.byteCount)
            return
        }
        if !entry.pointee.outbox.append(frame, limit: answerLimit, memory: &memory) {
            // A client that leaves so many answers unread is not a real client.
            entry.pointee.outbox.removeAll(memory: &memory)
            entry.pointee.state = .overfull
        }
        if !entry.pointee.isListed { list(entry) }
    }

    /// ChannelData or a Data indication.
    private static func isMedia(_ frame: OutgoingFrame) -> Bool {
        let front = frame.header.isEmpty ? frame.payload : frame.header
        guard front.count >= 2 else { return false }
        return front[0] & 0xC0 == 0x40 || (front[0] == 0x00 && front[1] == 0x17)
    }

    // MARK: - Emptied by the owner of the sockets

    /// Has a client written at the end of the turn.
    mutating func list(_ handle: UInt32) {
        if let entry = entry(handle), !entry.pointee.isListed { list(entry) }
    }

    private mutating func list(_ entry: UnsafeMutablePointer<Entry>) {
        entry.pointee.isListed = true
        listed.append(entry.pointee.handle)
    }

    /// The next client to write, in the order in which they were listed; nil after the last. It is on the list no more.
    mutating func nextListed() -> UInt32? {
        while writtenCount < listed.count {
            let handle = listed[writtenCount]
            writtenCount += 1
            guard let entry = entry(handle) else { continue }
            entry.pointee.isListed = false
            return handle
        }
        listed.removeAll(keepingCapacity: true)
        writtenCount = 0
        return nil
    }

    /// The bytes that wait for a client; valid until the next change.
    func waitingBytes(of handle: UInt32) -> UnsafeRawBufferPointer {
        entry(handle)?.pointee.outbox.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Forgets bytes at the front that have been written.
    mutating func removeWritten(_ byteCount: Int, of handle: UInt32) {
        entry(handle)?.pointee.outbox.remove(byteCount, memory: &memory)
    }

    /// Whether the client has left too many answers unread: it has to be ended, and what waited is gone.
    func isOverfull(_ handle: UInt32) -> Bool { entry(handle)?.pointee.state == .overfull }

    /// Drops what waits for a client and takes nothing more for it.
    mutating func shut(_ handle: UInt32) {
        guard let entry = entry(handle) else { return }
        entry.pointee.outbox.removeAll(memory: &memory)
        entry.pointee.state = .shut
    }

    /// Memory that the outbox of a client takes.
    func memoryByteCount(of handle: UInt32) -> Int { entry(handle)?.pointee.outbox.capacity ?? 0 }

    // MARK: - Places

    /// The outbox of a client, at an address that is valid until the next ``open(_:)``; nil if the client is gone.
    @inline(__always)
    private func entry(_ handle: UInt32) -> UnsafeMutablePointer<Entry>? {
        let place = Int(StreamHandle.index(handle))
        guard place < capacity, entries[place].handle == handle, entries[place].state != .free else {
            return nil
        }
        return entries + place
    }

    private mutating func reserve(_ place: Int) {
        guard place >= capacity else { return }
        let grown = max(capacity * 2, place + 1)
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: grown)
        larger.moveInitialize(from: entries, count: capacity)
        (larger + capacity).initialize(repeating: Entry(), count: grown - capacity)
        entries.deallocate()
        entries = larger
        capacity = grown
    }
}
