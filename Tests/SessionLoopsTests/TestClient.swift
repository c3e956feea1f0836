import Glibc
import Loops
import Testing
import Timing

/// A client of a session: it writes masked frames and reads what comes, in plain calls that block.
final class TestClient {
    /// What a server's frame was.
    enum Frame: Equatable {
        case response
        case text(String)
        case ping
        case pong
        case close(UInt16?)
        case end
    }

    private(set) var socket: Int32
    private var input: [UInt8] = []
    private var hasResponse = false

    init(socket: Int32) {
        self.socket = socket
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close() }

    func close() {
        if socket >= 0 { Glibc.close(socket) }
        socket = -1
    }

    func halfClose() { shutdown(socket, Int32(SHUT_WR)) }

    // MARK: Writing

    /// A masked frame; the mask is one that changes every byte.
    static func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | opcode]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else if payload.count <= 0xFFFF {
            bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        } else {
            bytes += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        bytes += mask
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index & 3]) }
        return bytes
    }

    static func text(_ json: String) -> [UInt8] { frame(1, Array(json.utf8)) }

    static func join(_ room: String) -> [UInt8] { text(#"{"type":"join_room","roomId":"\#(room)"}"#) }

    static let leave = text(#"{"type":"leave_room"}"#)

    static func candidate(_ label: String) -> [UInt8] {
        text(#"{"type":"ice_candidate","candidate":{"candidate":"\#(label)"}}"#)
    }

    static let pingMessage = text(#"{"type":"ping"}"#)
    static let pong = frame(10, [])

    /// - Returns: false when the connection is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        Self.write(bytes, to: socket)
    }

    /// Writes all bytes; false when the connection is gone.
    static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    // MARK: Reading

    /// The next frame; `end` when the server has closed or says nothing for long.
    func next() -> Frame {
        while true {
            if let frame = takeFrame() { return frame }
            guard receive(Int32(0)) else { return .end }
        }
    }

    /// The frames that are there, without waiting.
    func takeAll() -> [Frame] {
        while receive(Int32(MSG_DONTWAIT)) {}
        var frames: [Frame] = []
        while let frame = takeFrame() { frames.append(frame) }
        return frames
    }

    private func receive(_ flags: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = chunk.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, flags) }
        guard count > 0 else { return false }
        input += chunk[..<count]
        return true
    }

    private func takeFrame() -> Frame? {
        if !hasResponse {
            guard input.starts(with: "HTTP\r\n\r\n".utf8) else { return nil }
            input.removeFirst(8)
            hasResponse = true
            return .response
        }
        guard input.count >= 2 else { return nil }
        var (length, start) = (Int(input[1]), 2)
        if length == 126 {
            guard input.count >= 4 else { return nil }
            (length, start) = (Int(input[2]) << 8 | Int(input[3]), 4)
        } else if length == 127 {
            guard input.count >= 10 else { return nil }
            (length, start) = (input[2..<10].reduce(0) { $0 << 8 | Int($1) }, 10)
        }
        guard input.count >= start + length else { return nil }
        let payload = Array(input[start..<start + length])
        let opcode = input[0] & 0x0F
        input.removeFirst(start + length)
        switch opcode {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 8: return .close(payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil)
        case 9: return .ping
        default: return .pong
        }
    }

    /// The type of the next message; pings on the way are answered.
    func nextType() -> String {
        while true {
            switch next() {
            case .text(let json): return Self.type(json)
            case .ping: send(Self.pong)
            case .response, .pong: continue
            case .close(let code): return "close \(code ?? 0)"
            case .end: return "end"
            }
        }
    }

    static func type(_ json: String) -> String {
        guard let start = json.range(of: #""type":""#) else { return json }
        return String(json[start.upperBound...].prefix { $0 != "\"" })
    }
}

extension String {
    /// Where `text` begins and ends within the string.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
