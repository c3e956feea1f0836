import DequeModule
import NIOCore
import TLS
import Timing

/// What the TLS connections of one event loop share: the memory that OpenSSL works on, the certificate in use, and
/// turns at the expensive part of handshakes. Confined to that loop.
final class LoopTLS {
    /// Steps of handshakes between two looks at the sockets, so that a crowd of new clients does not hold up the
    /// messages of those that are there: 0.1 ms each with an ECDSA key, 1 ms with RSA.
    private static let handshakesPerTurn = 4
    /// Long enough for the loop to look at the sockets in between.
    private static let pauseBetweenTurns = TimeAmount.microseconds(50)
    /// Where records are collected that are not data: a server's whole first flight fits, as a rule.
    private static let scratchBytes = 16_384
    /// More than the longest chain of certificates that clients take.
    private static let maxRecordBytes = 131_072
    /// The data of one record (RFC 8446 §5.1), and more than what encryption adds to it.
    static let recordDataBytes = 16_384
    private static let overheadBytes = 256

    let service: TLSService
    /// What OpenSSL reads from and writes to; stays where it is.
    let exchange: UnsafeMutablePointer<TLSExchange>
    private let scratch: UnsafeMutableRawPointer
    private let eventLoop: any EventLoop
    private var context: TLSContext?
    private var generation: UInt64 = 0
    private var turnsLeft = handshakesPerTurn
    private var waiting: Deque<TLSHandler> = []
    private var isScheduled = false
    /// The handshakes under way, by the time from which they have to make room for others.
    private var underWay = DeadlineHeap()

    init(service: TLSService, eventLoop: any EventLoop) {
        self.service = service
        self.eventLoop = eventLoop
        exchange = .allocate(capacity: 1)
        exchange.initialize(to: TLSExchange())
        scratch = .allocate(byteCount: Self.scratchBytes, alignment: 16)
    }

    deinit {
        exchange.deallocate()
        scratch.deallocate()
    }

    /// A session that waits for a ClientHello, with the certificate of now; nil if memory runs out.
    func makeSession() -> TLSSession? {
        let newest = service.certificates.generation
        if context == nil || generation != newest {
            generation = newest
            context = service.certificates.current
        }
        guard let context else { return nil }
        return TLSSession(context, exchange: exchange)
    }

    /// Runs `body` with these bytes as input, and repeats it while its output does not fit.
    ///
    /// - Parameter records: what it wrote is appended here.
    /// - Returns: the last result of `body`; `.needsRoom` if its output exceeds every reasonable size.
    func run(
        _ input: UnsafeRawBufferPointer, records: inout [UInt8], _ body: () -> TLSSession.Step
    ) -> TLSSession.Step {
        exchange.pointee = TLSExchange(input: input.baseAddress, inputByteCount: input.count)
        exchange.pointee.output = scratch
        exchange.pointee.outputCapacity = Self.scratchBytes
        defer { exchange.pointee = TLSExchange() }
        while true {
            let step = body()
            let count = exchange.pointee.outputByteCount
            records.append(contentsOf: UnsafeRawBufferPointer(start: scratch, count: count))
            exchange.pointee.outputByteCount = 0
            guard step == .needsRoom, records.count < Self.maxRecordBytes else { return step }
        }
    }

    /// Has `session` encrypt one record's worth of `data` to the end of `records`.
    func encrypt(
        _ data: UnsafeRawBufferPointer, with session: inout TLSSession?, to records: inout ByteBuffer
    ) -> TLSSession.Step {
        guard let start = data.baseAddress else { return .done(0) }
        let byteCount = min(data.count, Self.recordDataBytes)
        var step = TLSSession.Step.needsRoom
        while step == .needsRoom {
            records.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount + Self.overheadBytes) {
                room in
                exchange.pointee = TLSExchange()
                exchange.pointee.output = room.baseAddress
                exchange.pointee.outputCapacity = room.count
                step = session?.write(start, byteCount: byteCount) ?? .failed
                let written = exchange.pointee.outputByteCount
                exchange.pointee = TLSExchange()
                return written
            }
        }
        return step
    }

    // MARK: Handshakes under way

    /// Whether a handshake may begin. If necessary, it replaces a slow handshake of this loop. Balanced by
    /// ``ended(_:)``.
    func mayBegin(_ handler: TLSHandler) -> Bool {
        let now = MonotonicTime(nanoseconds: Int64(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds))
        if !service.handshakeBegan() {
            underWay.popDue(at: now)?.deadlineReached(at: now)
            guard service.handshakeBegan() else { return false }
        }
        setPatience(for: handler, at: now)
        return true
    }

    /// From `now` on the client has its time again.
    func setPatience(for handler: TLSHandler, at now: MonotonicTime) {
        underWay.set(handler, to: now + service.patience)
    }

    func ended(_ handler: TLSHandler) {
        underWay.remove(handler)
        service.handshakeEnded()
    }

    // MARK: Turns

    /// Whether a handshake may go on now. If not, the handler's turn comes by itself.
    func takesTurn(_ handler: TLSHandler) -> Bool {
        schedule()
        guard turnsLeft > 0 else {
            waiting.append(handler)
            return false
        }
        turnsLeft -= 1
        return true
    }

    /// NIO runs tasks when it has gone through the sockets that were ready, and those that tasks add before it looks at
    /// the sockets again; those with a delay behind that.
    private func schedule(after delay: TimeAmount? = nil) {
        guard !isScheduled else { return }
        isScheduled = true
        let loop = eventLoop.assumeIsolated()
        if let delay {
            loop.scheduleTask(in: delay) { [weak self] in self?.nextTurn() }
        } else {
            loop.execute { [weak self] in self?.nextTurn() }
        }
    }

    private func nextTurn() {
        isScheduled = false
        turnsLeft = Self.handshakesPerTurn
        for _ in 0..<min(turnsLeft, waiting.count) {
            turnsLeft -= 1
            waiting.popFirst()?.turnCame()
        }
        if !waiting.isEmpty { schedule(after: Self.pauseBetweenTurns) }
    }
}
