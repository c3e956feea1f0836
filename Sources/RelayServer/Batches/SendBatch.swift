import Addresses

/// Outgoing packets of one turn, grouped by socket and destination, so that one `sendmmsg` call takes all packets
/// of a socket and runs of equal packets leave as one super-packet (UDP_SEGMENT).
///
/// Holds references to memory that it does not own: added packets must stay where they are until `flush`.
struct SendBatch: ~Copyable {
    /// Packets between two flushes.
    static let capacity = 512
    /// Segments of a super-packet: what kernels before 6.9 take (UDP_MAX_SEGMENTS).
    private static let maxSegments = 64
    /// Bytes of a super-packet, below what an IP datagram holds.
    private static let maxSuperPacketByteCount = 60_000
    /// A larger segment does not fit Ethernet's 1,500 bytes and would fail as a whole batch.
    private static let maxSegmentByteCount = 1_472

    private struct Packet: BitwiseCopyable {
        let frame: OutgoingFrame
        var next: Int32
    }

    /// Whether runs leave as super-packets.
    let usesOffload: Bool

    private var flows: FlowTable
    private var messages = ComposedMessages(capacity: capacity)
    private var packetCount = 0
    private let packets: UnsafeMutablePointer<Packet>
    private let headers: UnsafeMutableRawPointer

    /// - Parameter seed: random, for the table of destinations.
    init(usesOffload: Bool, seed: UInt64) {
        self.usesOffload = usesOffload
        flows = FlowTable(capacity: Self.capacity, seed: seed)
        packets = .allocate(capacity: Self.capacity)
        headers = .allocate(byteCount: Self.capacity * OutgoingFrame.headerCapacity, alignment: 16)
    }

    deinit {
        packets.deallocate()
        headers.deallocate()
    }

    var counters: SendCounters { messages.counters }
    @inline(__always)
    var isEmpty: Bool { packetCount == 0 }
    @inline(__always)
    var isFull: Bool { packetCount == Self.capacity }

    /// Memory for the header of the next packet added, `OutgoingFrame.headerCapacity` bytes.
    @inline(__always)
    var headerRoom: UnsafeMutableRawPointer {
        headers + packetCount &* OutgoingFrame.headerCapacity
    }

    /// Adds a packet; the batch must not be full.
    @inline(__always)
    mutating func add(_ frame: OutgoingFrame, to path: FlowTable.Path) {
        let index = Int32(truncatingIfNeeded: packetCount)
        (packets + packetCount).initialize(to: Packet(frame: frame, next: -1))
        packetCount &+= 1
        let previous = flows.append(index, to: path)
        if previous >= 0 { packets[Int(previous)].next = index }
    }

    /// Gives all packets to the kernel. Packets that it does not take are dropped and counted.
    @inline(__always)
    mutating func flush() {
        if packetCount > 0 { sendAll() }
    }

    private mutating func sendAll() {
        for index in 0..<flows.groupCount {
            let group = flows.group(index)
            var next = group.head
            while next >= 0 {
                let flow = flows.flow(next)
                compose(flow)
                next = flow.next
            }
            if group.dontFragment {
                let family = flows.flow(group.head).path.destination.family
                DatagramSocket.setDontFragment(group.socket, family: family, true)
                messages.transmit(group.socket)
                DatagramSocket.setDontFragment(group.socket, family: family, false)
            } else {
                messages.transmit(group.socket)
            }
        }
        flows.removeAll()
        packetCount = 0
    }

    /// Makes messages of a flow's packets: one each, or one of a run whose packets are equally long but for the last.
    private mutating func compose(_ flow: FlowTable.Flow) {
        var packet = flow.head
        let joins =
            usesOffload && flow.tail != flow.head && !messages.refusesRuns(to: flow.path.destination.ip)
        while packet >= 0 {
            messages.begin(flow.path)
            let segment = packets[Int(packet)].frame.byteCount
            var total = 0
            var segments = 0
            var last = segment
            repeat {
                let frame = packets[Int(packet)].frame
                messages.append(frame)
                last = frame.byteCount
                total &+= last
                segments &+= 1
                packet = packets[Int(packet)].next
            } while joins && packet >= 0 && last == segment
                && fits(packets[Int(packet)].frame.byteCount, segment: segment, segments, total)
            messages.finish(flow.path, segment: segment, segments: segments)
        }
    }

    /// Whether one more packet may join a run; an empty one would vanish in it.
    @inline(__always)
    private func fits(_ byteCount: Int, segment: Int, _ segments: Int, _ total: Int) -> Bool {
        byteCount > 0 && byteCount <= segment && segment <= Self.maxSegmentByteCount
            && segments < Self.maxSegments && total &+ byteCount <= Self.maxSuperPacketByteCount
    }
}
