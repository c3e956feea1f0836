import Addresses

/// The packets of one batch by destination, in the order in which they came.
///
/// Two levels of lists in fixed memory: sockets, the flows of a socket, and (in `SendBatch`) the packets of a flow.
/// Emptying it is free: entries of the hash table carry the number of their batch.
struct FlowTable: ~Copyable {
    /// The packets that leave by one socket, from one address, to one destination.
    struct Flow: BitwiseCopyable {
        let path: Path
        /// First and last packet in `SendBatch`.
        var head: Int32
        var tail: Int32
        /// The next flow of the same socket, or -1.
        var next: Int32
    }

    struct Path: BitwiseCopyable {
        let socket: Int32
        let dontFragment: Bool
        /// The address to leave from where the socket is bound to all.
        let hasSource: Bool
        let source: IPAddress
        let destination: TransportAddress

        /// - Parameters:
        ///   - source: the address to leave from; nil leaves the choice to the socket.
        ///   - dontFragment: sets the DF bit (RFC 8656 §14.9).
        @inline(__always)
        init(
            socket: Int32, to destination: TransportAddress, from source: IPAddress? = nil,
            dontFragment: Bool = false
        ) {
            self.socket = socket
            self.dontFragment = dontFragment
            self.destination = destination
            hasSource = source != nil
            self.source = source ?? .anyIPv4
        }

        /// A socket is of one family, so that need not be compared.
        @inline(__always)
        func isSame(as other: Path) -> Bool {
            let addresses =
                (destination.ip.low ^ other.destination.ip.low)
                | (destination.ip.high ^ other.destination.ip.high) | (source.low ^ other.source.low)
                | (source.high ^ other.source.high)
            return addresses == 0 && socket == other.socket && destination.port == other.destination.port
                && dontFragment == other.dontFragment && hasSource == other.hasSource
        }
    }

    /// A socket with the flows that leave by it under the same DF bit.
    struct Group: BitwiseCopyable {
        let socket: Int32
        let dontFragment: Bool
        var head: Int32
        var tail: Int32
    }

    private let flows: UnsafeMutablePointer<Flow>
    private let groups: UnsafeMutablePointer<Group>
    /// Two open-addressing tables, of flows and of groups: the batch's number above the index.
    private let flowSlots: UnsafeMutablePointer<UInt32>
    private let groupSlots: UnsafeMutablePointer<UInt32>
    private let mask: Int
    private let seed: UInt64
    private var batch: UInt32 = 1
    private(set) var flowCount = 0
    private(set) var groupCount = 0

    /// - Parameters:
    ///   - capacity: flows at most; a power of two, at most 16,384.
    ///   - seed: keys the hash, so that no sender can choose colliding destinations.
    init(capacity: Int, seed: UInt64) {
        flows = .allocate(capacity: capacity)
        groups = .allocate(capacity: capacity)
        let slots = capacity * 2
        flowSlots = .allocate(capacity: slots)
        groupSlots = .allocate(capacity: slots)
        flowSlots.initialize(repeating: 0, count: slots)
        groupSlots.initialize(repeating: 0, count: slots)
        mask = slots - 1
        self.seed = seed
    }

    deinit {
        flows.deallocate()
        groups.deallocate()
        flowSlots.deallocate()
        groupSlots.deallocate()
    }

    @inline(__always)
    func flow(_ index: Int32) -> Flow { flows[Int(index)] }
    @inline(__always)
    func group(_ index: Int) -> Group { groups[index] }

    /// Puts a packet at the end of its flow.
    ///
    /// - Returns: the packet before it in the flow, or -1 where it is the first.
    @inline(__always)
    mutating func append(_ packet: Int32, to path: Path) -> Int32 {
        let last = flowCount &- 1
        let index = last >= 0 && flows[last].path.isSame(as: path) ? last : findOrInsert(path)
        let previous = flows[index].tail
        flows[index].tail = packet
        if previous < 0 { flows[index].head = packet }
        return previous
    }

    @inline(__always)
    private func home(_ key: UInt64) -> Int {
        let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & mask
    }

    private mutating func findOrInsert(_ path: Path) -> Int {
        let ip = path.destination.ip
        let rotated = ip.high << 29 | ip.high >> 35
        var slot = home(
            ip.low ^ rotated ^ UInt64(path.destination.port) << 48
                ^ UInt64(truncatingIfNeeded: path.socket) << 32)
        while flowSlots[slot] >> 16 == batch {
            let index = Int(flowSlots[slot] & 0xFFFF)
            if flows[index].path.isSame(as: path) { return index }
            slot = (slot &+ 1) & mask
        }
        let index = flowCount
        flowSlots[slot] = batch << 16 | UInt32(truncatingIfNeeded: index)
        (flows + index).initialize(to: Flow(path: path, head: -1, tail: -1, next: -1))
        flowCount &+= 1
        link(Int32(truncatingIfNeeded: index), to: path)
        return index
    }

    /// Puts a new flow at the end of its socket's.
    @inline(__always)
    private mutating func link(_ flow: Int32, to path: Path) {
        var slot = home(UInt64(truncatingIfNeeded: path.socket))
        while groupSlots[slot] >> 16 == batch {
            let index = Int(groupSlots[slot] & 0xFFFF)
            if groups[index].socket == path.socket, groups[index].dontFragment == path.dontFragment {
                flows[Int(groups[index].tail)].next = flow
                groups[index].tail = flow
                return
            }
            slot = (slot &+ 1) & mask
        }
        groupSlots[slot] = batch << 16 | UInt32(truncatingIfNeeded: groupCount)
        (groups + groupCount).initialize(
            to: Group(socket: path.socket, dontFragment: path.dontFragment, head: flow, tail: flow))
        groupCount &+= 1
    }

    /// Begins the next batch.
    mutating func removeAll() {
        flowCount = 0
        groupCount = 0
        batch &+= 1
        if batch > 0xFFFF {
            batch = 1
            flowSlots.update(repeating: 0, count: mask + 1)
            groupSlots.update(repeating: 0, count: mask + 1)
        }
    }
}
