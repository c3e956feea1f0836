package import Addresses
import BigEndian

/// Writes one STUN message after another into one piece of memory: header, attributes, then what closes a message.
/// The header's length is right after each step.
///
/// What does not fit is left out and ``overflowed`` is set; ``bytes`` is then empty.
package struct MessageWriter: ~Copyable {
    /// Default size in bytes of a writer that owns its memory: more than any answer of this server.
    package static let defaultCapacity = 1_500

    private let memory: UnsafeMutableRawBufferPointer
    private let ownsMemory: Bool
    private var end = 0
    private var transactionID = TransactionID(high: 0, low: 0)

    /// Whether something did not fit in the message at hand.
    package private(set) var overflowed = false

    /// A writer with memory of its own, at least 20 bytes.
    package init(capacity: Int = MessageWriter.defaultCapacity) {
        memory = .allocate(byteCount: max(capacity, MessageHeader.byteCount), alignment: 8)
        ownsMemory = true
    }

    /// A writer into memory of someone else, who keeps it as long as the writer lives; 20 bytes at least, or every
    /// message overflows.
    package init(into memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
        ownsMemory = false
    }

    deinit {
        if ownsMemory { memory.deallocate() }
    }

    /// Bytes of the message so far; 0 when it overflowed.
    package var byteCount: Int { overflowed ? 0 : end }

    /// The message so far, empty when it overflowed or none was begun; valid until the writer writes again or ends.
    package var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[0..<byteCount]) }

    /// Gives the message so far to a function.
    package func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result { body(buffer.bytes) }

    /// Begins a message and forgets the last one.
    package mutating func begin(
        _ messageClass: MessageClass, methodNumber: UInt16, _ transactionID: TransactionID
    ) {
        begin(messageClass, methodNumber: methodNumber, MessageHeader.magicCookie, transactionID)
    }

    /// The same with any bits in the place of the magic cookie.
    mutating func begin(
        _ messageClass: MessageClass, methodNumber: UInt16, _ cookie: UInt32, _ transactionID: TransactionID
    ) {
        end = 0
        self.transactionID = transactionID
        overflowed = memory.count < MessageHeader.byteCount
        guard !overflowed, let base = memory.baseAddress else { return }
        base.storeBigEndian(MessageHeader.type(messageClass, methodNumber: methodNumber), at: 0)
        base.storeBigEndian(UInt16(0), at: 2)
        base.storeBigEndian(cookie, at: 4)
        base.storeBigEndian(transactionID.high, at: 8)
        base.storeBigEndian(transactionID.low, at: 12)
        end = MessageHeader.byteCount
    }

    /// Begins a message of a method we know.
    package mutating func begin(
        _ messageClass: MessageClass, _ method: Method, _ transactionID: TransactionID
    ) {
        begin(messageClass, methodNumber: method.rawValue, transactionID)
    }

    /// Begins the answer to a request: same method, same transaction.
    package mutating func begin(_ messageClass: MessageClass, answering request: MessageHeader) {
        begin(messageClass, methodNumber: request.methodNumber, request.transactionID)
    }

    /// Adds an attribute's type, length and padding; gives the place of its value, whose padding is zero.
    mutating func add(_ type: AttributeType, byteCount: Int) -> UnsafeMutableRawPointer? {
        let padded = (byteCount + 3) & ~3
        guard !overflowed, end >= MessageHeader.byteCount, byteCount <= 0xFFFF,
            end + 4 + padded <= memory.count,
            end + 4 + padded - MessageHeader.byteCount <= 0xFFFF, let base = memory.baseAddress
        else {
            overflowed = true
            return nil
        }
        base.storeBigEndian(type.rawValue, at: end)
        base.storeBigEndian(UInt16(truncatingIfNeeded: byteCount), at: end + 2)
        let value = base + end + 4
        if padded > byteCount { value.storeBytes(of: 0, toByteOffset: padded - 4, as: UInt32.self) }
        end += 4 + padded
        base.storeBigEndian(UInt16(truncatingIfNeeded: end - MessageHeader.byteCount), at: 2)
        return value
    }

    /// Adds an address XORed with cookie and transaction id (RFC 8489 §14.2).
    package mutating func add(_ type: AttributeType, xor address: TransportAddress) {
        guard let value = add(type, byteCount: XORAddress.byteCount(address.family)) else { return }
        XORAddress.write(address, to: value, at: 0, transactionID)
    }

    /// Closes the message with MESSAGE-INTEGRITY or its SHA-256 sibling; only one more and FINGERPRINT may follow.
    package mutating func addIntegrity(_ integrity: MessageIntegrity, _ key: LongTermKey) {
        let covered = end
        guard let value = add(integrity.attributeType, byteCount: integrity.byteCount) else { return }
        key.withBytes { keyBytes in
            integrity.withCode(of: buffer.bytes, at: covered, keyBytes: keyBytes) { code in
                code.withUnsafeBytes { source in
                    if let start = source.baseAddress {
                        value.copyMemory(from: start, byteCount: source.count)
                    }
                }
            }
        }
    }

    /// Closes the message with FINGERPRINT; nothing may follow.
    package mutating func addFingerprint() {
        let covered = end
        guard let value = add(.fingerprint, byteCount: 4) else { return }
        value.storeBigEndian(Fingerprint.value(of: buffer.bytes, at: covered), at: 0)
    }
}
