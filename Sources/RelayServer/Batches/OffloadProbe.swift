import Addresses
import CDatagrams
import Glibc

/// How this kernel handles runs of equal packets. Found out at start by sending some over loopback.
struct Offloads: Equatable, Sendable {
    /// UDP_SEGMENT: a run leaves as one super-packet and arrives as it was.
    var send: Bool
    /// UDP_GRO: a run may arrive as one, with the size of its segments.
    var receive: Bool

    /// Tries both.
    ///
    /// Contents are compared, not only sizes, because some kernels take a super-packet and mangle its segments.
    static func probe() -> Offloads {
        Offloads(
            send: arrives(receiveOffload: false) && arrives(receiveOffload: true),
            receive: arrives(receiveOffload: true))
    }

    /// Sends one run of different packets of equal size, and one whose packets are all the same.
    private static func arrives(receiveOffload: Bool) -> Bool {
        for isUniform in [false, true] where !arrives(receiveOffload: receiveOffload, isUniform: isUniform) {
            return false
        }
        return true
    }

    private static let segments = 4
    private static let segmentByteCount = 300
    private static let deadlineMilliseconds: Int32 = 200

    private static func arrives(receiveOffload: Bool, isUniform: Bool) -> Bool {
        let loopback = TransportAddress(.loopbackIPv4, port: 0)
        let sender = DatagramSocket.open(loopback, bufferByteCount: 65_536, receiveOffload: false)
        guard sender >= 0 else { return false }
        defer { close(sender) }
        let receiver = DatagramSocket.open(loopback, bufferByteCount: 65_536, receiveOffload: receiveOffload)
        guard receiver >= 0 else { return false }
        defer { close(receiver) }
        guard let destination = DatagramSocket.localAddress(receiver) else { return false }

        let byteCount = segments * segmentByteCount - 1
        let run = (0..<byteCount).map {
            isUniform ? 7 : UInt8(truncatingIfNeeded: $0 / segmentByteCount + $0)
        }
        run.withUnsafeBytes { bytes in
            var batch = SendBatch(usesOffload: true, seed: 1)
            let path = FlowTable.Path(socket: sender, to: destination)
            for start in stride(from: 0, to: byteCount, by: segmentByteCount) {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(segmentByteCount))
                guard let base = piece.baseAddress else { continue }
                batch.add(OutgoingFrame(payload: base, payloadByteCount: piece.count), to: path)
            }
            batch.flush()
        }
        return received(receiver) == run
    }

    /// All bytes of the run, or the part that came in time, if every packet has its size.
    private static func received(_ receiver: Int32) -> [UInt8] {
        var batch = ReceiveBatch(capacity: segments)
        var all: [UInt8] = []
        while all.count < segments * segmentByteCount - 1 {
            var readiness = pollfd(fd: receiver, events: Int16(POLLIN), revents: 0)
            guard poll(&readiness, 1, deadlineMilliseconds) == 1 else { return all }
            for slot in 0..<batch.receive(from: receiver, count: batch.capacity) {
                guard let datagram = batch.takeDatagram(slot), datagram.segmentByteCount <= segmentByteCount
                else {
                    return []
                }
                all += datagram.bytes
            }
        }
        return all
    }
}
