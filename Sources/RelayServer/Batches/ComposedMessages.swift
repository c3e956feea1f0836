import Addresses
import CDatagrams
import Glibc

/// Messages for one socket, composed in fixed memory and given to the kernel at once.
struct ComposedMessages: ~Copyable {
    /// Header, payload, padding.
    static let vectorsPerPacket = 3
    /// A segment size and a source address.
    private static let controlByteCount = 96

    private(set) var counters = SendCounters()
    private var refusals = OffloadRefusals()
    private var messageCount = 0
    private var vectorCount = 0
    private let messages: UnsafeMutablePointer<datagram_message>
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<SocketAddress>
    private let control: UnsafeMutableRawPointer
    private let zeros: UnsafeMutableRawPointer

    /// - Parameter capacity: packets.
    init(capacity: Int) {
        messages = .allocate(capacity: capacity)
        messages.initialize(repeating: datagram_message(), count: capacity)
        vectors = .allocate(capacity: capacity * Self.vectorsPerPacket)
        names = .allocate(capacity: capacity)
        control = .allocate(byteCount: capacity * Self.controlByteCount, alignment: 16)
        zeros = .allocate(byteCount: 4, alignment: 4)
        zeros.storeBytes(of: 0, as: UInt32.self)
    }

    deinit {
        messages.deallocate()
        vectors.deallocate()
        names.deallocate()
        control.deallocate()
        zeros.deallocate()
    }

    /// Whether runs to an address have to leave packet by packet.
    @inline(__always)
    func refusesRuns(to address: IPAddress) -> Bool { refusals.contains(address) }

    // MARK: Composing

    /// Starts a message; its packets follow, then `finish`.
    @inline(__always)
    mutating func begin(_ path: FlowTable.Path) {
        (names + messageCount).initialize(to: SocketAddress(path.destination))
        let message = messages + messageCount
        message.pointee.header.msg_name = UnsafeMutableRawPointer(names + messageCount)
        message.pointee.header.msg_namelen = names[messageCount].byteCount
        message.pointee.header.msg_iov = vectors + vectorCount
        message.pointee.header.msg_control = nil
        message.pointee.header.msg_controllen = 0
    }

    @inline(__always)
    mutating func append(_ frame: OutgoingFrame) {
        let header = frame.header
        if header.count > 0 { append(header) }
        append(frame.payload)
        if frame.paddingByteCount > 0 { append(.init(start: zeros, count: frame.paddingByteCount)) }
    }

    @inline(__always)
    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        (vectors + vectorCount).initialize(
            to: iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        vectorCount &+= 1
    }

    /// Ends a message.
    ///
    /// - Parameters:
    ///   - segment: bytes of each of its packets but the last, which may be shorter.
    ///   - segments: its packets.
    @inline(__always)
    mutating func finish(_ path: FlowTable.Path, segment: Int, segments: Int) {
        let message = messages + messageCount
        let first = UnsafePointer(message.pointee.header.msg_iov.unsafelyUnwrapped)
        message.pointee.header.msg_iovlen = UnsafePointer(vectors + vectorCount) - first
        // The kernel writes here what it sent and reads nothing. Until then it holds the number of packets.
        message.pointee.byte_count = UInt32(truncatingIfNeeded: segments)
        let room = control + messageCount &* Self.controlByteCount
        if segments > 1 {
            datagram_append_segment(&message.pointee.header, room, UInt16(truncatingIfNeeded: segment))
            counters.offloadedPackets &+= UInt64(truncatingIfNeeded: segments)
        }
        if path.hasSource {
            switch path.source.family {
            case .ipv4:
                datagram_append_source4(&message.pointee.header, room, path.source.v4Bits.bigEndian)
            case .ipv6:
                datagram_append_source6(
                    &message.pointee.header, room, path.source.high.bigEndian, path.source.low.bigEndian)
            }
        }
        messageCount &+= 1
        counters.packets &+= UInt64(truncatingIfNeeded: segments)
    }

    // MARK: Sending

    /// Gives the messages to the kernel and forgets them.
    @inline(__always)
    mutating func transmit(_ socket: Int32) {
        if messageCount == 1, vectorCount == 1, messages[0].header.msg_controllen == 0, sendOnly(socket) {
            counters.calls &+= 1
        } else {
            transmitAll(socket)
        }
        messageCount = 0
        vectorCount = 0
    }

    /// The only packet, in one piece: spares the kernel reading a message's parts.
    @inline(__always)
    private func sendOnly(_ socket: Int32) -> Bool {
        let header = messages[0].header
        return sendto(
            socket, vectors[0].iov_base, vectors[0].iov_len, Int32(MSG_DONTWAIT),
            header.msg_name.unsafelyUnwrapped.assumingMemoryBound(to: sockaddr.self), header.msg_namelen) >= 0
    }

    private mutating func transmitAll(_ socket: Int32) {
        var sent = 0
        var mayRetry = true
        while sent < messageCount {
            counters.calls &+= 1
            let count = Int(datagram_send(socket, messages + sent, UInt32(messageCount - sent)))
            if count > 0 {
                sent += count
                mayRetry = true
                continue
            }
            switch Self.reaction(to: errno) {
            case .again: continue
            case .dropRest:
                while sent < messageCount {
                    counters.overflow(UInt64(messages[sent].byte_count))
                    sent += 1
                }
            case .sendSingly where messages[sent].byte_count > 1:
                sendSingly(sent, socket)
                sent += 1
            case .sendSingly, .retryOnce:
                // A socket that keeps ICMP errors gives the error of an earlier packet to the next call, once.
                if mayRetry {
                    mayRetry = false
                    continue
                }
                counters.refuse(UInt64(messages[sent].byte_count))
                sent += 1
                mayRetry = true
            }
        }
    }

    private enum Reaction { case again, dropRest, sendSingly, retryOnce }

    private static func reaction(to error: Int32) -> Reaction {
        switch error {
        case EINTR: .again
        case EAGAIN, ENOBUFS: .dropRest
        // A segment over the path's MTU; a device without checksum offload; more than this kernel takes.
        case EMSGSIZE, EIO, EINVAL: .sendSingly
        default: .retryOnce
        }
    }

    /// Sends the segments of a super-packet that the kernel refused one by one, and offers no more to its destination.
    private mutating func sendSingly(_ index: Int, _ socket: Int32) {
        var header = messages[index].header
        let segments = UInt64(messages[index].byte_count)
        counters.offloadedPackets &-= segments
        counters.offloadFailures &+= 1
        if let address = names[index].transportAddress { refusals.insert(address.ip) }
        let segment = Int(datagram_read_segment(&header))
        let all = header.msg_iovlen
        guard segment > 0, let start = header.msg_iov else { return }
        datagram_remove_segment(&header)
        var first = 0
        while first < all {
            var end = first
            var byteCount = 0
            repeat {
                byteCount += start[end].iov_len
                end += 1
            } while end < all && byteCount < segment
            header.msg_iov = start + first
            header.msg_iovlen = end - first
            counters.calls &+= 1
            if sendmsg(socket, &header, Int32(MSG_DONTWAIT)) < 0 { counters.refuse(1) }
            first = end
        }
    }
}
