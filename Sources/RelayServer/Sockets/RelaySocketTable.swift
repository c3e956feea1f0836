import Addresses
import CDatagrams
import Glibc
import Loops
import TURN

/// The relay sockets of a loop: one for each relayed address of its allocations.
///
/// An allocation's sockets have their places by its index, so that finding one is one step.
struct RelaySocketTable: ~Copyable, RelaySockets {
    /// A relay socket.
    struct Entry: BitwiseCopyable {
        /// -1 while the place is free.
        var descriptor: Int32 = -1
        /// Grows with each socket in this place, to recognise events of earlier ones.
        var generation: UInt32 = 0
        var family = IPAddress.Family.ipv4
        var allocation = AllocationID(index: 0, generation: 0)
    }

    private let registry: PollRegistry
    private let receivesRuns: Bool
    private var entries: UnsafeMutablePointer<Entry>
    private var capacity = 64
    /// Closed by the rules, but still named by packets that have not been sent yet.
    private var closing: [Int32] = []
    /// Open sockets.
    private(set) var count = 0

    /// - Parameter receivesRuns: whether the kernel may coalesce what arrives (UDP_GRO).
    init(_ registry: PollRegistry, receivesRuns: Bool) {
        self.registry = registry
        self.receivesRuns = receivesRuns
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: Entry(), count: capacity)
    }

    deinit {
        for place in 0..<capacity where entries[place].descriptor >= 0 {
            Glibc.close(entries[place].descriptor)
        }
        for descriptor in closing { Glibc.close(descriptor) }
        entries.deallocate()
    }

    @inline(__always)
    private static func place(_ allocation: AllocationID, _ family: IPAddress.Family) -> Int {
        Int(allocation.index) &* 2 &+ (family == .ipv4 ? 0 : 1)
    }

    // MARK: Opened and closed by the rules

    mutating func open(_ local: TransportAddress, for allocation: AllocationID) -> RelaySocketResult {
        switch hold(local) {
        case .held(let socket): adopt(socket, local.family, for: allocation)
        case .addressInUse: .addressInUse
        case .failed: .failed
        }
    }

    mutating func hold(_ local: TransportAddress) -> HeldRelaySocketResult {
        let descriptor = DatagramSocket.open(
            local, bufferByteCount: DatagramSocket.relayBufferByteCount, receiveOffload: receivesRuns)
        guard descriptor >= 0 else { return descriptor == -EADDRINUSE ? .addressInUse : .failed }
        DatagramSocket.reportErrors(descriptor, family: local.family)
        DatagramSocket.setDontFragment(descriptor, family: local.family, false)
        return .held(HeldRelaySocket(rawValue: descriptor))
    }

    mutating func release(_ held: HeldRelaySocket) {
        Glibc.close(held.rawValue)
    }

    mutating func adopt(
        _ held: HeldRelaySocket, _ family: IPAddress.Family, for allocation: AllocationID
    ) -> RelaySocketResult {
        let descriptor = held.rawValue
        let place = Self.place(allocation, family)
        reserve(place)
        entries[place].descriptor = descriptor
        entries[place].generation &+= 1
        entries[place].family = family
        entries[place].allocation = allocation
        let tag = PollTag(.relay, index: UInt32(place), generation: entries[place].generation)
        guard registry.watch(descriptor, tag: tag) else {
            entries[place].descriptor = -1
            Glibc.close(descriptor)
            return .failed
        }
        count += 1
        return .opened
    }

    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family, isUsed: Bool) {
        let place = Self.place(allocation, family)
        guard place < capacity, entries[place].descriptor >= 0 else { return }
        registry.forget(entries[place].descriptor)
        if isUsed {
            // Packets on their way name the descriptor: closed now, its number could be another socket's by then.
            closing.append(entries[place].descriptor)
        } else {
            Glibc.close(entries[place].descriptor)
        }
        entries[place].descriptor = -1
        count -= 1
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

    // MARK: Used by the packet path

    /// The socket that an allocation's packets to a family of peers leave by, or -1.
    @inline(__always)
    func descriptor(_ allocation: AllocationID, _ family: IPAddress.Family) -> Int32 {
        let place = Self.place(allocation, family)
        return place < capacity ? entries[place].descriptor : -1
    }

    /// The socket an event is about; nil when it was closed since.
    @inline(__always)
    func entry(_ tag: PollTag) -> Entry? {
        let place = Int(tag.index)
        guard place < capacity, entries[place].descriptor >= 0,
            entries[place].generation & PollTag.generationMask == tag.generation
        else { return nil }
        return entries[place]
    }

    /// Closes the sockets that the rules have closed, once nothing names them any more.
    @inline(__always)
    mutating func closePending() {
        if !closing.isEmpty { closeAllPending() }
    }

    private mutating func closeAllPending() {
        for descriptor in closing { Glibc.close(descriptor) }
        closing.removeAll()
    }
}
