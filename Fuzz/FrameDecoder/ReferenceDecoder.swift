/// What a client's bytes amount to, in values that can be compared.
enum WireEvent: Equatable {
    case message(isText: Bool, [UInt8])
    case ping([UInt8])
    case pong
    case close(UInt16?)
    case violation(UInt16)

    /// Nothing may follow.
    var isLast: Bool {
        switch self {
        case .close, .violation: true
        case .message, .ping, .pong: false
        }
    }
}

/// The rules of RFC 6455 §5 for what a client sends, written to be compared with the text of the RFC: it sees
/// all bytes at once, copies freely, and shares no line with the decoder it is the measure of.
struct ReferenceDecoder {
    private var rest: ArraySlice<UInt8>
    private let maxMessageBytes: Int
    private var message: [UInt8] = []
    private var messageIsText: Bool?
    private(set) var events: [WireEvent] = []
    /// The bytes end between two messages.
    private(set) var isIdle = true

    init(_ bytes: [UInt8], maxMessageBytes: Int) {
        rest = bytes[...]
        self.maxMessageBytes = maxMessageBytes
        while events.last?.isLast != true, decodeFrame() {}
    }

    /// Decodes one frame; false when the bytes end before it does.
    private mutating func decodeFrame() -> Bool {
        isIdle = rest.isEmpty && messageIsText == nil
        guard rest.count >= 2 else { return false }
        let bytes = Array(rest)
        let isFinal = bytes[0] >= 0x80
        let opcode = bytes[0] % 16
        let isControl = opcode >= 8
        let shortLength = Int(bytes[1] % 128)
        let isKnown = [0, 1, 2, 8, 9, 10].contains(opcode)
        let hasReservedBits = bytes[0] / 16 % 8 != 0
        if !isKnown || hasReservedBits || bytes[1] < 128 || isControl && (!isFinal || shortLength > 125) {
            return violate(1002)
        }
        let lengthBytes = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0
        guard bytes.count >= 6 + lengthBytes else { return false }
        let extended = bytes[2..<2 + lengthBytes].reduce(UInt64(0)) { $0 * 256 + UInt64($1) }
        let length = lengthBytes == 0 ? UInt64(shortLength) : extended
        let isShortest = lengthBytes == 0 || (lengthBytes == 2 ? length >= 126 : length >= 65_536)
        if !isShortest || length > UInt64(Int64.max) { return violate(1002) }
        if !isControl {
            if (opcode == 0) != (messageIsText != nil) { return violate(1002) }
            if UInt64(message.count) + length > UInt64(maxMessageBytes) { return violate(1009) }
        }
        let key = Array(bytes[2 + lengthBytes..<6 + lengthBytes])
        let masked = bytes[(6 + lengthBytes)...].prefix(Int(clamping: length))
        let payload = masked.enumerated().map { $1 ^ key[$0 % 4] }
        let isComplete = UInt64(payload.count) == length
        isIdle = false
        rest = rest.dropFirst(6 + lengthBytes + payload.count)
        if isControl {
            if isComplete { events.append(Self.control(opcode, payload)) }
        } else {
            takeData(opcode, payload, endsMessage: isFinal && isComplete)
        }
        return isComplete
    }

    private mutating func violate(_ code: UInt16) -> Bool {
        events.append(.violation(code))
        return false
    }

    private mutating func takeData(_ opcode: UInt8, _ payload: [UInt8], endsMessage: Bool) {
        let isText = messageIsText ?? (opcode == 1)
        messageIsText = isText
        message += payload
        if isText, endsMessage ? !ReferenceUTF8.isValid(message) : !ReferenceUTF8.isPrefix(message) {
            events.append(.violation(1007))
        } else if endsMessage {
            events.append(.message(isText: isText, message))
            message = []
            messageIsText = nil
        }
    }

    private static func control(_ opcode: UInt8, _ payload: [UInt8]) -> WireEvent {
        if opcode == 9 { return .ping(payload) }
        if opcode == 10 { return .pong }
        if payload.isEmpty { return .close(nil) }
        if payload.count == 1 { return .violation(1002) }
        let code = UInt16(payload[0]) * 256 + UInt16(payload[1])
        let reserved: [UInt16] = [1004, 1005, 1006, 1015]
        guard (1000...1014).contains(code) && !reserved.contains(code) || (3000...4999).contains(code) else {
            return .violation(1002)
        }
        return ReferenceUTF8.isValid(payload.dropFirst(2)) ? .close(code) : .violation(1007)
    }
}
