import STUN
import TLS

/// The memory into which a loop reads its stream clients. One turn's input of all clients lies in it, one client's
/// behind the other's, so that nothing is copied until the turn ends and it is sent on.
struct StreamArena: ~Copyable {
    /// Read from a socket at once.
    static let readBytes = 64 << 10
    /// What a TLS session may give beyond that: a record of which all but the end had come before.
    private static let recordBytes = 17 << 10
    /// The most that one read can need: the kept part of an incomplete message, the bytes that are read, and a
    /// record.
    private static let neededBytes = StreamFramer.maxMessageBytes + readBytes + recordBytes
    private static let alignment = 64
    private static let capacity = 512 << 10

    private let start: UnsafeMutableRawPointer
    private var used = 0
    /// Where TLS clients' bytes go before they are decrypted; used up within one client's read.
    let ciphertext: UnsafeMutableRawPointer
    /// What OpenSSL works on.
    let exchange: UnsafeMutablePointer<TLSExchange>

    init() {
        start = .allocate(byteCount: Self.capacity, alignment: Self.alignment)
        ciphertext = .allocate(byteCount: Self.readBytes, alignment: Self.alignment)
        exchange = .allocate(capacity: 1)
        exchange.initialize(to: TLSExchange())
    }

    deinit {
        start.deallocate()
        ciphertext.deallocate()
        exchange.deallocate()
    }

    /// Whether another client can be read without forgetting what came before.
    var hasRoom: Bool { Self.capacity &- used >= Self.neededBytes }

    /// Whether nothing has been kept.
    var isEmpty: Bool { used == 0 }

    /// Where the next bytes go; there must be room.
    var next: UnsafeMutableRawPointer { start + used }

    /// Most that may be put behind `kept` bytes at ``next``.
    static let limit = readBytes + recordBytes

    /// Keeps bytes at ``next`` until ``removeAll()``.
    mutating func keep(_ byteCount: Int) {
        used = (used &+ byteCount &+ Self.alignment &- 1) & ~(Self.alignment &- 1)
    }

    mutating func removeAll() {
        used = 0
    }
}
