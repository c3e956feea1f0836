import Addresses
import Glibc
import Loops
import STUN
import Testing

@testable import RelayServer

/// Batches over real sockets on loopback.
@Suite struct BatchTests {
    /// A sender and a receiver.
    final class Pair {
        let sender: Int32
        let receiver: Int32
        let destination: TransportAddress

        init(_ ip: IPAddress = .loopbackIPv4, receiveOffload: Bool = false) throws {
            let any = TransportAddress(ip, port: 0)
            sender = DatagramSocket.open(any, bufferByteCount: 1 << 20, receiveOffload: false)
            receiver = DatagramSocket.open(any, bufferByteCount: 1 << 20, receiveOffload: receiveOffload)
            destination = try #require(DatagramSocket.localAddress(receiver))
        }

        deinit {
            close(sender)
            close(receiver)
        }

        /// Everything that arrives, a datagram each, until so many have come or a second has passed.
        func receive(_ count: Int, offloaded runs: inout Int) -> [[UInt8]] {
            var batch = ReceiveBatch(capacity: 8)
            var all: [[UInt8]] = []
            while all.count < count {
                var readiness = pollfd(fd: receiver, events: Int16(POLLIN), revents: 0)
                guard poll(&readiness, 1, 1_000) == 1 else { return all }
                for slot in 0..<batch.receive(from: receiver, count: batch.capacity) {
                    guard let datagram = batch.takeDatagram(slot) else { continue }
                    if datagram.isRun { runs += 1 }
                    var rest = datagram.bytes[...]
                    repeat {
                        all.append(Array(rest.prefix(max(1, datagram.segmentByteCount))))
                        rest = rest.dropFirst(max(1, datagram.segmentByteCount))
                    } while !rest.isEmpty
                }
            }
            return all
        }

        func receive(_ count: Int) -> [[UInt8]] {
            var runs = 0
            return receive(count, offloaded: &runs)
        }
    }

    /// Memory that stays, for payloads.
    final class Payloads {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        private var end = 0
        deinit { memory.deallocate() }

        func place(_ bytes: [UInt8]) -> UnsafeRawPointer {
            let place = end
            for byte in bytes {
                memory[end] = byte
                end += 1
            }
            return UnsafeRawPointer(memory.baseAddress.unsafelyUnwrapped) + place
        }

        func frame(_ bytes: [UInt8], padding: Int = 0) -> OutgoingFrame {
            OutgoingFrame(payload: place(bytes), payloadByteCount: bytes.count, paddingByteCount: padding)
        }
    }

    static func packet(_ number: Int, _ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &+ number &* 7) }
    }

    @Test(arguments: [true, false])
    func `Packets of a flow keep their order, whatever their sizes`(usesOffload: Bool) throws {
        let pair = try Pair()
        let payloads = Payloads()
        var batch = SendBatch(usesOffload: usesOffload, seed: 7)
        let sizes = [200, 200, 200, 80, 200, 200, 1, 1, 1200, 1200, 1200, 1201, 0, 0, 5, 60, 200]
        let expected = sizes.enumerated().map { Self.packet($0.offset, $0.element) }
        for packet in expected {
            batch.add(payloads.frame(packet), to: .init(socket: pair.sender, to: pair.destination))
        }
        batch.flush()
        #expect(pair.receive(sizes.count) == expected)
        let counters = batch.counters
        #expect(counters.packets == UInt64(sizes.count))
        #expect(counters.calls == 1)
        #expect((counters.offloadedPackets > 0) == usesOffload)
    }

    @Test func `Each socket gets one call for all its destinations`() throws {
        let first = try Pair()
        let second = try Pair()
        let payloads = Payloads()
        var batch = SendBatch(usesOffload: true, seed: 7)
        for number in 0..<12 {
            let frame = payloads.frame(Self.packet(number, 100))
            let destination = number % 2 == 0 ? first.destination : second.destination
            batch.add(
                frame, to: .init(socket: number % 4 < 2 ? first.sender : second.sender, to: destination))
        }
        batch.flush()
        let calls = batch.counters.calls
        #expect(calls == 2)
        #expect(first.receive(6).count == 6)
        #expect(second.receive(6).count == 6)
    }

    @Test func `Header, payload and padding leave as one datagram, in runs as well`() throws {
        let pair = try Pair()
        let payloads = Payloads()
        var batch = SendBatch(usesOffload: true, seed: 7)
        for number in 0..<3 {
            let header = batch.headerRoom
            for offset in 0..<4 { header.storeBytes(of: UInt8(number), toByteOffset: offset, as: UInt8.self) }
            let payload = payloads.place([9, 8, 7])
            batch.add(
                OutgoingFrame(
                    header: header, headerByteCount: 4, payload: payload, payloadByteCount: 3,
                    paddingByteCount: 1),
                to: .init(socket: pair.sender, to: pair.destination))
        }
        batch.flush()
        #expect(
            pair.receive(3) == [
                [0, 0, 0, 0, 9, 8, 7, 0], [1, 1, 1, 1, 9, 8, 7, 0], [2, 2, 2, 2, 9, 8, 7, 0],
            ])
    }

    @Test func `A run arrives as one where the receiver takes runs`() throws {
        let pair = try Pair(receiveOffload: true)
        let payloads = Payloads()
        var batch = SendBatch(usesOffload: true, seed: 7)
        let expected = (0..<20).map { Self.packet($0, $0 == 19 ? 50 : 300) }
        for packet in expected {
            batch.add(payloads.frame(packet), to: .init(socket: pair.sender, to: pair.destination))
        }
        batch.flush()
        var runs = 0
        #expect(pair.receive(20, offloaded: &runs) == expected)
        #expect(runs == 1)
    }

    @Test func `A run that the kernel refuses is sent singly, and its destination gets no more runs`() throws
    {
        let pair = try Pair()
        let payloads = Payloads()
        // Without checksums a super-packet is refused (EIO), as on a device that cannot do them.
        var one: Int32 = 1
        #expect(setsockopt(pair.sender, SOL_SOCKET, SO_NO_CHECK, &one, 4) == 0)
        var batch = SendBatch(usesOffload: true, seed: 7)
        for round in 1...2 {
            for number in 0..<5 {
                let path = FlowTable.Path(socket: pair.sender, to: pair.destination)
                batch.add(payloads.frame(Self.packet(number, number == 4 ? 10 : 100)), to: path)
            }
            batch.flush()
            #expect(pair.receive(5) == (0..<5).map { Self.packet($0, $0 == 4 ? 10 : 100) })
            let counters = batch.counters
            #expect(counters.packets == UInt64(5 * round))
            #expect(counters.offloadFailures == 1)
            #expect(counters.offloadedPackets == 0)
        }
    }

    @Test func `A packet that cannot leave does not take others with it`() throws {
        let pair = try Pair()
        let payloads = Payloads()
        var batch = SendBatch(usesOffload: true, seed: 7)
        let nowhere = TransportAddress(pair.destination.ip, port: 0)
        for number in 0..<5 {
            let path = FlowTable.Path(socket: pair.sender, to: number == 2 ? nowhere : pair.destination)
            batch.add(payloads.frame(Self.packet(number, 100 + number)), to: path)
        }
        batch.flush()
        #expect(pair.receive(4).count == 4)
        let counters = batch.counters
        #expect(counters.packets == 4)
        #expect(counters.refused == 1)
    }

    @Test(arguments: [IPAddress.loopbackIPv4, .loopbackIPv6])
    func `A wildcard socket says which address was used and answers from it`(ip: IPAddress) throws {
        let any: IPAddress = ip.family == .ipv4 ? .anyIPv4 : .anyIPv6
        let target = ip.family == .ipv4 ? IPAddress(v4: 0x7F00_0009) : ip
        let server = DatagramSocket.open(.init(any, port: 0), bufferByteCount: 65_536, receiveOffload: true)
        defer { close(server) }
        DatagramSocket.reportLocalAddress(server, family: ip.family)
        let port = try #require(DatagramSocket.localAddress(server)).port
        let client = try Pair(ip)
        let payloads = Payloads()
        var batch = SendBatch(usesOffload: true, seed: 7)
        batch.add(
            payloads.frame([1, 2, 3]), to: .init(socket: client.receiver, to: .init(target, port: port)))
        batch.flush()

        var readiness = pollfd(fd: server, events: Int16(POLLIN), revents: 0)
        #expect(poll(&readiness, 1, 1_000) == 1)
        var received = ReceiveBatch(capacity: 4)
        let receivedCount = received.receive(from: server, count: 4)
        #expect(receivedCount == 1)
        let taken = received.takeDatagram(0)
        let datagram = try #require(taken)
        #expect(datagram.source == client.destination)
        #expect(datagram.localIP == target)

        for byte: UInt8 in 1...3 {
            batch.add(
                payloads.frame([byte, 0]),
                to: .init(socket: server, to: datagram.source, from: datagram.localIP))
        }
        batch.flush()
        var answers = ReceiveBatch(capacity: 4)
        readiness.fd = client.receiver
        #expect(poll(&readiness, 1, 1_000) == 1)
        let answerCount = answers.receive(from: client.receiver, count: 4)
        #expect(answerCount == 3)
        let answer = answers.takeDatagram(0)
        #expect(answer?.source == TransportAddress(target, port: port))
    }

    @Test func `A flow table tells apart what differs in anything`() {
        var table = FlowTable(capacity: 512, seed: 3)
        let destinations = (0..<100).map { TransportAddress(IPAddress(v4: 0x0A00_0001), port: UInt16($0)) }
        for round in 0..<70_000 {
            guard round < 5 || round > 69_990 else {
                table.removeAll()
                continue
            }
            for (number, destination) in destinations.enumerated() {
                let packet = Int32(number * 4)
                let previous = [
                    table.append(packet, to: .init(socket: 5, to: destination)),
                    table.append(packet + 1, to: .init(socket: 6, to: destination)),
                    table.append(packet + 2, to: .init(socket: 5, to: destination, dontFragment: true)),
                    table.append(packet + 3, to: .init(socket: 5, to: destination)),
                ]
                #expect(previous == [-1, -1, -1, packet])
            }
            let counts = [table.flowCount, table.groupCount]
            #expect(counts == [300, 3])
            table.removeAll()
        }
    }

    @Test func `The probe finds both offloads here`() {
        #expect(Offloads.probe() == Offloads(send: true, receive: true))
    }
}
