import WebSocket

/// Builds frames as a client sends them, right or wrong.
struct ClientFrame {
    var opcode: UInt8
    var payload: [UInt8] = []
    var isFinal = true
    var reserved: UInt8 = 0
    var isMasked = true
    /// Bytes of the length field: 0 picks the shortest form.
    var lengthBytes = 0
    var key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    static func text(_ text: String, isFinal: Bool = true) -> ClientFrame {
        ClientFrame(opcode: 1, payload: Array(text.utf8), isFinal: isFinal)
    }

    static func continuation(_ payload: [UInt8], isFinal: Bool) -> ClientFrame {
        ClientFrame(opcode: 0, payload: payload, isFinal: isFinal)
    }

    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> ClientFrame {
        ClientFrame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }

    var bytes: [UInt8] {
        let count = payload.count
        let width = lengthBytes > 0 ? lengthBytes : count < 126 ? 1 : count < 65_536 ? 2 : 8
        var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch width {
        case 1: bytes.append(mask | UInt8(count))
        case 2: bytes += [mask | 126, UInt8(count >> 8), UInt8(count & 0xFF)]
        default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
        }
        guard isMasked else { return bytes + payload }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }
}

/// What a decoder made of some bytes, kept beyond the life of its buffers.
enum Seen: Equatable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong
    case close(UInt16?)
    case violation(UInt16)

    static func text(_ text: String) -> Seen { .text(Array(text.utf8)) }
}

/// Feeds `chunks` to a decoder one after the other and returns all it saw, up to the end of the connection.
func decode(_ chunks: [[UInt8]], maxMessageBytes: Int = 65_536) -> [Seen] {
    var decoder = FrameDecoder(maxMessageBytes: maxMessageBytes)
    var seen: [Seen] = []
    for chunk in chunks {
        var chunk = chunk
        let goesOn = chunk.withUnsafeMutableBytes { bytes -> Bool in
            var offset = 0
            while true {
                switch decoder.next(bytes, &offset) {
                case .needsMoreBytes: return offset == bytes.count
                case .message(.text, let payload): seen.append(.text(Array(payload)))
                case .message(_, let payload): seen.append(.binary(Array(payload)))
                case .ping(let payload): seen.append(.ping(Array(payload)))
                case .pong: seen.append(.pong)
                case .close(let code):
                    seen.append(.close(code?.rawValue))
                    return false
                case .violation(let code):
                    seen.append(.violation(code.rawValue))
                    return false
                }
            }
        }
        if !goesOn { break }
    }
    return seen
}

/// Decodes frames whole and again one byte at a time; the outcome must not depend on it.
func decodeBothWays(_ frames: [ClientFrame], maxMessageBytes: Int = 65_536) -> (
    whole: [Seen], bytewise: [Seen]
) {
    let bytes = frames.flatMap(\.bytes)
    return (
        decode([bytes], maxMessageBytes: maxMessageBytes),
        decode(bytes.map { [$0] }, maxMessageBytes: maxMessageBytes)
    )
}
