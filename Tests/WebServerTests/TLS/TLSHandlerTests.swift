import Logging
import NIOCore
import NIOEmbedded
import TLS
import Testing

@testable import WebServer

@Suite("TLS in front of a connection")
struct TLSHandlerTests {
    private func bytes(_ count: Int, _ seed: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed) }
    }

    @Test("A handshake is made and data goes both ways", arguments: [nil, TLSSettings.httpProtocol])
    func conversation(offered: String?) throws {
        let pair = try TLSTestPair(protocols: offered.map { [$0] } ?? [])
        #expect(try pair.handshake())
        #expect(pair.handler.phase == .open)
        #expect(pair.handler.applicationProtocol == offered)
        pair.client.write(bytes(40_000))
        try pair.toServer()
        #expect(pair.behind.received == bytes(40_000))
        pair.write(bytes(100_000))
        try pair.toClient()
        #expect(pair.client.read() == bytes(100_000))
    }

    @Test("Records cut into single bytes are the same records")
    func byteByByte() throws {
        let pair = try TLSTestPair()
        #expect(try pair.handshake(by: 1))
        pair.client.write(bytes(300))
        try pair.toServer(by: 1)
        #expect(pair.behind.received == bytes(300))
    }

    @Test("All records of one read are handed on in one")
    func oneRead() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        for number in 0..<5 { pair.client.write(bytes(100, number)) }
        try pair.toServer()
        #expect(pair.behind.received == (0..<5).flatMap { bytes(100, $0) })
        #expect(pair.behind.reads == 1)
    }

    @Test("ALPN prefers STUN, then HTTP, and goes on without either")
    func alpn() throws {
        for (offers, chosen) in [
            (["http/1.1", "stun.turn"], "stun.turn"), (["h2", "http/1.1"], "http/1.1"), (["h2"], nil),
        ] {
            let pair = try TLSTestPair(protocols: offers)
            #expect(try pair.handshake())
            #expect(pair.handler.applicationProtocol == chosen)
        }
        let alone = try TLSTestPair(protocols: ["stun.turn"], offered: ["http/1.1"])
        #expect(try alone.handshake())
        #expect(alone.handler.applicationProtocol == nil)
    }

    // MARK: Backpressure

    @Test("While the socket takes nothing, nothing is encrypted, and what waits is known")
    func waits() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        pair.setWritable(false)
        let written = pair.channel.eventLoop.makePromise(of: Void.self)
        var isWritten = false
        written.futureResult.assumeIsolated().whenSuccess { isWritten = true }
        pair.write(bytes(1_000), written)
        pair.write(bytes(500))
        #expect(try pair.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(pair.channel.pipeline.syncOperations.outboundBufferedBytes() == 1_500)
        #expect(!isWritten)
        pair.setWritable(true)
        #expect(isWritten)
        #expect(pair.channel.pipeline.syncOperations.outboundBufferedBytes() == 0)
        try pair.toClient()
        #expect(pair.client.read() == bytes(1_000) + bytes(500))
        #expect(pair.behind.writability == [false, true])
    }

    @Test(
        "Who gets the first data is told that the handshake's last flight waits, and when it does not any more"
    )
    func lastFlight() throws {
        let pair = try TLSTestPair()
        _ = pair.client.handshake()
        try pair.toServer()
        try pair.toClient()
        _ = pair.client.handshake()
        pair.client.write([1])
        pair.setWritable(false)
        try pair.toServer()
        #expect(pair.behind.received == [1])
        #expect(pair.behind.writability == [false])
        pair.setWritable(true)
        #expect(pair.behind.writability == [false, true])
    }

    @Test("At most one chunk is encrypted ahead of the socket")
    func chunks() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        let full = FullSocket()
        try pair.channel.pipeline.syncOperations.addHandler(full, position: .first)
        full.channel = pair.channel
        pair.write(bytes(200_000))
        #expect(full.written < 70_000)
        #expect(pair.handler.outboundBufferedBytes >= 130_000)
        var turns = 1
        while pair.handler.outboundBufferedBytes > 0 {
            pair.setWritable(true)
            turns += 1
        }
        #expect(turns == 5)
        try pair.toClient()
        #expect(pair.client.read() == bytes(200_000))
        // Between the first chunk and the last nobody was told that there was room.
        #expect(!pair.behind.writability.contains(true))
    }

    @Test("A client that has its keys changed without reading is cut off")
    func floodOfKeyUpdates() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        pair.setWritable(false)
        for _ in 0..<500 {
            pair.client.updateKeys()
            pair.client.write([1])
            try pair.toServer()
        }
        #expect(pair.handler.phase == .over)
        #expect(!pair.channel.isActive)
    }

    @Test(
        "A client may change its keys now and then, but not on and on, whether it reads the answers or not",
        arguments: [1, 4, 5, 2_000])
    func manyKeyUpdates(count: Int) throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        for _ in 0..<count {
            pair.client.updateKeys()
            pair.client.write([1])
        }
        try pair.toServer()
        #expect(pair.handler.phase == (count <= 4 ? .open : .over))
        #expect(pair.channel.isActive == (count <= 4))
        #expect(pair.behind.received.count <= 5)
    }

    // MARK: Ends

    @Test("A client's goodbye is an end of input, once")
    func goodbye() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        pair.client.write([1, 2, 3])
        pair.client.close()
        try pair.toServer()
        #expect(pair.behind.received == [1, 2, 3])
        #expect(pair.behind.events == ["inputClosed"])
        pair.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(pair.behind.events == ["inputClosed"])
        // It still gets its answer, and a goodbye.
        pair.write([4])
        pair.channel.close(promise: nil)
        try pair.toClient()
        #expect(pair.client.read() == [4])
        #expect(pair.client.wasToldGoodbye)
    }

    @Test("Half-closing waits for the data before it, says goodbye, and ends only our direction")
    func halfClose() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        let closes = RecordedCloses()
        try pair.channel.pipeline.syncOperations.addHandler(closes, position: .first)
        pair.setWritable(false)
        pair.write(bytes(300))
        pair.channel.close(mode: .output, promise: nil)
        #expect(closes.modes.isEmpty)
        pair.setWritable(true)
        #expect(closes.modes == [.output])
        try pair.toClient()
        #expect(pair.client.read() == bytes(300))
        #expect(pair.client.wasToldGoodbye)
        pair.client.write([9])
        try pair.toServer()
        #expect(pair.behind.received == [9])
    }

    @Test("Half-closing after the client's end closes the connection")
    func bothEnds() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        pair.client.close()
        try pair.toServer()
        pair.write([7])
        pair.channel.close(mode: .output, promise: nil)
        try pair.toClient()
        #expect(pair.client.read() == [7])
        #expect(pair.client.wasToldGoodbye)
        #expect(!pair.channel.isActive)
    }

    @Test("Writes that nobody can send any more fail")
    func failures() throws {
        let pair = try TLSTestPair()
        _ = try pair.handshake()
        pair.setWritable(false)
        let written = pair.channel.eventLoop.makePromise(of: Void.self)
        var hasFailed = false
        written.futureResult.assumeIsolated().whenFailure { _ in hasFailed = true }
        pair.write([1], written)
        pair.channel.close(promise: nil)
        #expect(hasFailed)
    }

    // MARK: No TLS

    @Test("HTTP in the clear is answered in the clear")
    func plainHTTP() throws {
        let pair = try TLSTestPair()
        try pair.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        let answer = try #require(try pair.channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: answer).hasPrefix("HTTP/1.1 400 "))
        #expect(pair.handler.phase == .over)
        #expect(pair.behind.events == ["Refused()"])
        #expect(pair.behind.received.isEmpty)
    }

    @Test("Any other bytes end it without a trap", arguments: 0..<64)
    func junk(seed: Int) throws {
        let pair = try TLSTestPair()
        var junk = bytes(600, seed &* 31)
        junk[0] = seed % 2 == 0 ? 22 : UInt8(seed)
        for index in stride(from: 0, to: junk.count, by: 37) {
            try pair.channel.writeInbound(ByteBuffer(bytes: junk[index..<min(index + 37, junk.count)]))
            pair.channel.embeddedEventLoop.run()
        }
        #expect(pair.behind.received.isEmpty)
        #expect(pair.handler.phase != .open)
    }

    @Test("A handshake that was changed on the way fails", arguments: [5, 60, 200])
    func changed(at place: Int) throws {
        let pair = try TLSTestPair()
        _ = pair.client.handshake()
        var hello = pair.client.takeRecords()
        hello[place] ^= 0x55
        try pair.channel.writeInbound(ByteBuffer(bytes: hello))
        pair.channel.embeddedEventLoop.run()
        try pair.toClient()
        _ = pair.client.handshake()
        try pair.toServer()
        #expect(pair.handler.phase != .open)
    }

    // MARK: Bounds

    @Test("So many handshakes are under way, and no more")
    func tooMany() throws {
        var limits = ConnectionLimits()
        limits.maxHandshakes = 0
        let pair = try TLSTestPair(limits: limits)
        #expect(try !pair.handshake())
        #expect(!pair.channel.isActive)
    }

    @Test("A handshake gives its place back when it is complete, and when it fails")
    func places() throws {
        var limits = ConnectionLimits()
        limits.maxHandshakes = 1
        let pair = try TLSTestPair(limits: limits)
        _ = try pair.handshake()
        #expect(pair.service.handshakeBegan())
        #expect(!pair.service.handshakeBegan())
        pair.service.handshakeEnded()
        let failing = try TLSTestPair(limits: limits)
        try failing.channel.writeInbound(ByteBuffer(bytes: [22] + bytes(500)))
        failing.channel.embeddedEventLoop.run()
        #expect(failing.handler.phase == .over)
        #expect(failing.service.handshakeBegan())
    }

    /// Clients on one loop, of which each has sent its ClientHello.
    private func crowd(_ count: Int, _ limits: ConnectionLimits) throws -> [EmbeddedChannel] {
        let loop = EmbeddedEventLoop()
        let keys = try TestKeyPair()
        let settings = TLSSettings(certificateFile: keys.certificateFile, privateKeyFile: keys.keyFile)
        let certificates = try TLSCertificates(settings, logger: Logger(label: "test"))
        let context = LoopContext(eventLoop: loop)
        let tls = LoopTLS(service: TLSService(certificates, limits: limits), eventLoop: loop)
        return try (0..<count).map { _ in
            let channel = EmbeddedChannel(loop: loop)
            try channel.pipeline.syncOperations.addHandler(TLSHandler(tls, loop: context))
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            let client = try TLSMemoryClient()
            _ = client.handshake()
            try channel.writeInbound(ByteBuffer(bytes: client.takeRecords()))
            return channel
        }
    }

    @Test(
        "The handshakes whose clients are slowest make room once these have had their time",
        arguments: [(Duration.zero, 2..<4), (.seconds(3_600), 0..<2)])
    func displaced(patience: Duration, staying: Range<Int>) throws {
        var limits = ConnectionLimits()
        limits.maxHandshakes = 2
        limits.handshakePatience = patience
        let channels = try crowd(4, limits)
        #expect(channels.indices.filter { channels[$0].isActive } == Array(staying))
        for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("A handshake that waits for the server makes no room")
    func notDisplaced() throws {
        var limits = ConnectionLimits()
        limits.maxHandshakes = 6
        limits.handshakePatience = .zero
        // Four have their turn and now wait for their clients, two wait for the server.
        let channels = try crowd(14, limits)
        #expect(channels.indices.filter { channels[$0].isActive } == Array(4..<10))
        for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("Handshakes take turns: the sockets are looked at in between, and reads wait meanwhile")
    func turns() throws {
        let channels = try crowd(20, ConnectionLimits())
        let loop = channels[0].embeddedEventLoop
        func answered() throws -> Int {
            try channels.count { try $0.readOutbound(as: ByteBuffer.self) != nil }
        }
        #expect(try answered() == 4)
        loop.run()
        #expect(try answered() == 4)
        for _ in 0..<3 {
            loop.advanceTime(by: .microseconds(50))
            #expect(try answered() == 4)
        }
        loop.advanceTime(by: .microseconds(50))
        #expect(try answered() == 0)
        for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("A session that is given away leaves nothing behind, and closing says nothing")
    func release() throws {
        let pair = try TLSTestPair(protocols: ["stun.turn"])
        _ = try pair.handshake()
        let isGiven = pair.handler.release() != nil
        #expect(isGiven)
        #expect(pair.handler.phase == .released)
        pair.write([1])
        pair.channel.close(promise: nil)
        #expect(try pair.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(!pair.client.wasToldGoodbye)
    }
}

/// Takes one write and is full then, until it is emptied.
private final class FullSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var channel: EmbeddedChannel?
    var written = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
        channel?.isWritable = false
    }
}

private final class RecordedCloses: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var modes: [CloseMode] = []

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        modes.append(mode)
        promise?.succeed()
    }
}
