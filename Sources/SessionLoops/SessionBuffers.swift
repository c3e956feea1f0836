import TLS
import WebSocket

/// The memory that a loop reads its clients into, one after the other: what lies in it is used up before the next one is
/// read.
///
/// Every pointer here stays good as long as the value.
struct SessionBuffers: ~Copyable {
    /// Read from a socket at once.
    static let readBytes = 64 << 10
    /// What a TLS session may give beyond that: a record of which all but the end had come before.
    private static let recordBytes = 17 << 10
    /// Room for input.
    static let capacity = readBytes + recordBytes

    /// Where input lies, decrypted.
    let input: UnsafeMutableRawPointer
    /// Where a TLS client's input lies before.
    let ciphertext: UnsafeMutableRawPointer
    /// What OpenSSL works on.
    let exchange: UnsafeMutablePointer<TLSExchange>
    private let maxMessageBytes: Int
    /// A decoder for clients whose input begins with a new frame; idle between them.
    private(set) var spareDecoder: UnsafeMutablePointer<FrameDecoder>

    init(maxMessageBytes: Int) {
        self.maxMessageBytes = maxMessageBytes
        input = .allocate(byteCount: Self.capacity, alignment: 64)
        ciphertext = .allocate(byteCount: Self.readBytes, alignment: 64)
        exchange = .allocate(capacity: 1)
        exchange.initialize(to: TLSExchange())
        spareDecoder = .allocate(capacity: 1)
        spareDecoder.initialize(to: FrameDecoder(maxMessageBytes: maxMessageBytes))
    }

    deinit {
        input.deallocate()
        ciphertext.deallocate()
        exchange.deallocate()
        Self.free(spareDecoder)
    }

    /// The client keeps the spare decoder, in which a frame or message is incomplete.
    mutating func keepSpareDecoder() -> UnsafeMutablePointer<FrameDecoder> {
        defer {
            spareDecoder = .allocate(capacity: 1)
            spareDecoder.initialize(to: FrameDecoder(maxMessageBytes: maxMessageBytes))
        }
        return spareDecoder
    }

    /// Forgets what the spare decoder knows: its client has ended in the middle of its input.
    mutating func resetSpareDecoder() {
        spareDecoder.deinitialize(count: 1)
        spareDecoder.initialize(to: FrameDecoder(maxMessageBytes: maxMessageBytes))
    }

    static func free(_ decoder: UnsafeMutablePointer<FrameDecoder>) {
        decoder.deinitialize(count: 1)
        decoder.deallocate()
    }
}
