import Addresses
import CDatagrams
import Glibc

/// Memory for `recvmmsg`: slots, each large enough for the largest datagram or coalesced run, with room in front for
/// a header and behind for padding.
///
/// Pages of a slot that no large packet has touched cost nothing.
struct ReceiveBatch: ~Copyable {
    /// Bytes in front of a packet that may be overwritten.
    static let headroom = 64
    /// The largest UDP payload, and the largest run that the kernel coalesces.
    private static let payloadCapacity = 65_536
    /// Bytes behind the largest packet.
    static let tailroom = 64
    /// Not a multiple of a page, so that the first bytes of the slots do not compete for the same cache lines.
    private static let stride = headroom + payloadCapacity + tailroom

    /// Slots.
    let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private let messages: UnsafeMutablePointer<datagram_message>
    private let vectors: UnsafeMutablePointer<iovec>
    private let sources: UnsafeMutablePointer<datagram_address>
    private let control: UnsafeMutableRawPointer

    init(capacity: Int) {
        self.capacity = capacity
        memory = .allocate(byteCount: capacity * Self.stride, alignment: 4_096)
        messages = .allocate(capacity: capacity)
        vectors = .allocate(capacity: capacity)
        sources = .allocate(capacity: capacity)
        control = .allocate(byteCount: capacity * Int(DATAGRAM_CONTROL_BYTES), alignment: 16)
        messages.initialize(repeating: datagram_message(), count: capacity)
        sources.initialize(repeating: datagram_address(), count: capacity)
        for slot in 0..<capacity {
            (vectors + slot).initialize(
                to: iovec(iov_base: start(slot), iov_len: Self.payloadCapacity))
            messages[slot].header.msg_iov = vectors + slot
            messages[slot].header.msg_iovlen = 1
            messages[slot].header.msg_name = UnsafeMutableRawPointer(sources + slot)
            messages[slot].header.msg_control = control + slot * Int(DATAGRAM_CONTROL_BYTES)
            reset(slot)
        }
    }

    deinit {
        memory.deallocate()
        messages.deallocate()
        vectors.deallocate()
        sources.deallocate()
        control.deallocate()
    }

    @inline(__always)
    private func start(_ slot: Int) -> UnsafeMutableRawPointer {
        memory + (slot &* Self.stride &+ Self.headroom)
    }

    @inline(__always)
    private func reset(_ slot: Int) {
        messages[slot].header.msg_namelen = SocketAddress.capacity
        messages[slot].header.msg_controllen = Int(DATAGRAM_CONTROL_BYTES)
    }

    /// Receives the datagrams that wait at a socket into the slots from `first` on.
    ///
    /// - Parameter count: slots to fill at most; `first + count` is within the capacity.
    /// - Returns: how many were filled; 0 as well when an error of an earlier packet was pending.
    @inline(__always)
    mutating func receive(from socket: Int32, first: Int = 0, count: Int) -> Int {
        max(0, Int(datagram_receive(socket, messages + first, UInt32(truncatingIfNeeded: count))))
    }

    /// Reads what is known about a filled slot and makes its bookkeeping ready for the next receive.
    ///
    /// - Returns: nil if the sender's address is of an unknown family.
    @inline(__always)
    mutating func takeDatagram(_ slot: Int) -> ReceivedDatagram? {
        let byteCount = Int(messages[slot].byte_count)
        var segmentByteCount = byteCount
        var localIP: IPAddress?
        if messages[slot].header.msg_controllen != 0 {
            let ancillary = datagram_read_ancillary(&messages[slot].header)
            if ancillary.segment > 0 { segmentByteCount = Int(ancillary.segment) }
            switch ancillary.local_family {
            case AF_INET: localIP = IPAddress(v4: UInt32(bigEndian: ancillary.local4))
            case AF_INET6:
                localIP = IPAddress(networkHigh: ancillary.local6_high, low: ancillary.local6_low)
            default: break
            }
        }
        reset(slot)
        guard let source = SocketAddress.transportAddress(sources[slot]) else { return nil }
        return ReceivedDatagram(
            bytes: UnsafeMutableRawBufferPointer(start: start(slot), count: byteCount),
            segmentByteCount: segmentByteCount, source: source, localIP: localIP)
    }
}

/// A datagram, or a run of equal datagrams of one sender that the kernel coalesced, in a slot of a `ReceiveBatch`.
struct ReceivedDatagram: BitwiseCopyable {
    /// Valid until the slot is filled again; `ReceiveBatch.headroom` bytes in front of them may be overwritten, and
    /// three behind them.
    let bytes: UnsafeMutableRawBufferPointer
    /// Bytes of each datagram of the run but the last, which may be shorter; all bytes where there is one only.
    let segmentByteCount: Int
    let source: TransportAddress
    /// The address it was sent to, where the socket reports it.
    let localIP: IPAddress?

    @inline(__always)
    var isRun: Bool { segmentByteCount < bytes.count }
}
