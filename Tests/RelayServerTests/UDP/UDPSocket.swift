import Addresses
import Glibc
import STUN
import Testing

@testable import RelayServer

/// A UDP socket of a test: a client's, or a peer's.
final class UDPSocket {
    /// How long anything may take that has to happen.
    static let deadlineMilliseconds: Int32 = 30_000

    let descriptor: Int32
    let address: TransportAddress

    init(_ ip: IPAddress = .loopbackIPv4) throws {
        let opened = DatagramSocket.open(
            TransportAddress(ip, port: 0), bufferByteCount: 1 << 20, receiveOffload: false)
        #expect(opened >= 0)
        descriptor = opened
        address = try #require(DatagramSocket.localAddress(opened))
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8], to destination: TransportAddress) { send([bytes], to: destination) }

    /// Sends packets in one call; equally long ones as one super-packet, as a device with segmentation offload does.
    func send(_ packets: [[UInt8]], to destination: TransportAddress) {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, packets.map(\.count).reduce(0, +)), alignment: 1)
        defer { memory.deallocate() }
        var batch = SendBatch(usesOffload: true, seed: 1)
        var end = 0
        for packet in packets {
            memory[end...].copyBytes(from: packet)
            guard let base = memory.baseAddress else { return }
            batch.add(
                OutgoingFrame(payload: base + end, payloadByteCount: packet.count),
                to: .init(socket: descriptor, to: destination))
            end += packet.count
        }
        batch.flush()
    }

    /// The next datagram with its sender; nil when none comes in time.
    func receive(within milliseconds: Int32 = deadlineMilliseconds) -> (
        bytes: [UInt8], source: TransportAddress
    )? {
        var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&readiness, 1, milliseconds) == 1 else { return nil }
        var batch = ReceiveBatch(capacity: 1)
        guard batch.receive(from: descriptor, count: 1) == 1, let datagram = batch.takeDatagram(0) else {
            return nil
        }
        return (Array(datagram.bytes), datagram.source)
    }

    /// So many datagrams, or those that came in time.
    func receive(count: Int) -> [[UInt8]] {
        var all: [[UInt8]] = []
        while all.count < count, let next = receive() { all.append(next.bytes) }
        return all
    }

    /// Whether nothing comes, shown by something that was sent later and does come.
    func isSilent(until marker: [UInt8]) -> Bool { receive()?.bytes == marker }
}
