import STUN

/// Builds messages byte by byte, right or wrong, without the code under test.
struct RawMessage {
    var type: UInt16
    var cookie: [UInt8] = [0x21, 0x12, 0xA4, 0x42]
    var transactionID: [UInt8] = [0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE]
    var attributes: [UInt8] = []
    /// What the header says of the length; by default the truth.
    var length: Int?

    init(_ type: UInt16) { self.type = type }

    /// Adds an attribute with padding of some byte, and any length in its header.
    mutating func add(_ type: UInt16, _ value: [UInt8], length: Int? = nil, padding: UInt8 = 0) {
        attributes += bigEndian(type) + bigEndian(UInt16(length ?? value.count)) + value
        attributes += [UInt8](repeating: padding, count: (4 - value.count % 4) % 4)
    }

    func adding(_ type: UInt16, _ value: [UInt8], length: Int? = nil, padding: UInt8 = 0) -> RawMessage {
        var copy = self
        copy.add(type, value, length: length, padding: padding)
        return copy
    }

    var bytes: [UInt8] {
        bigEndian(type) + bigEndian(UInt16(length ?? attributes.count)) + cookie + transactionID + attributes
    }
}

func bigEndian(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

/// Bytes from hexadecimal text; blanks and line ends do not matter.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// The index of some bytes, or why there is none.
func index(_ bytes: [UInt8]) -> Result<MessageIndex, DecodingError> {
    do throws(DecodingError) {
        return .success(try MessageIndex(bytes.span.bytes))
    } catch {
        return .failure(error)
    }
}

/// Types and values of the listed attributes.
func listed(_ bytes: [UInt8]) throws -> [ListedAttribute] {
    let index = try MessageIndex(bytes.span.bytes)
    return (0..<index.count).map {
        ListedAttribute(type: index[$0].type, value: Array(bytes[index[$0].range]))
    }
}

struct ListedAttribute: Equatable {
    let type: AttributeType
    let value: [UInt8]
}

/// Why some bytes are no message; nothing when they are one.
func error(_ bytes: [UInt8]) -> DecodingError? {
    if case .failure(let error) = index(bytes) { error } else { nil }
}

/// What the reader of a type says of a message.
func read(_ type: AttributeType, in bytes: [UInt8]) -> Result<String, DecodingError> {
    let span = bytes.span.bytes
    do throws(DecodingError) {
        let index = try MessageIndex(span)
        let text: (any CustomStringConvertible)? =
            switch type {
            case .lifetime: try index.uint32(.lifetime, in: span)
            case .channelNumber: try index.channelNumber(in: span)
            case .requestedTransport: try index.requestedTransport(in: span)
            case .requestedAddressFamily, .additionalAddressFamily: try index.familyNumber(type, in: span)
            case .evenPort: try index.evenPort(in: span)
            case .reservationToken: try index.reservationToken(in: span)
            case .dontFragment: try index.dontFragment()
            case .errorCode: try index.errorCode(in: span)
            case .xorPeerAddress, .xorMappedAddress, .xorRelayedAddress: try index.xorAddress(type, in: span)
            case .passwordAlgorithm: try index.passwordAlgorithm(in: span)
            case .userhash: try index.userHash(in: span).map { _ in "hash" }
            case .nonce: try index.text(.nonce, maxByteCount: 4)
            default: nil
            }
        return .success(text.map { "\($0)" } ?? "none")
    } catch {
        return .failure(error)
    }
}

extension MessageWriter {
    /// The message so far.
    var copy: [UInt8] { Array(buffer) }
}

let sampleID = TransactionID(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE)
