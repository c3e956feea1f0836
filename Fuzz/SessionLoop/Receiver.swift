import Glibc

/// A client: it sends what it is told, and checks that what comes is made of whole frames.
struct Receiver {
    private var socket: Int32
    var isReading = true
    private var input: [UInt8] = []
    private var hasClosed = false

    init(socket: Int32) { self.socket = socket }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes {
            Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
    }

    func halfClose() { shutdown(socket, Int32(SHUT_WR)) }

    mutating func close() {
        isReading = true
        read()
        if socket >= 0 { Glibc.close(socket) }
        socket = -1
    }

    mutating func read() {
        guard isReading else { return }
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes {
                recv(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { break }
            input += chunk[..<count]
        }
        var offset = 0
        while let length = frameLength(at: offset) { offset += length }
        input.removeFirst(offset)
    }

    /// The length of the whole frame at `offset`; nil if it is not complete.
    private mutating func frameLength(at offset: Int) -> Int? {
        let rest = input[offset...]
        guard rest.count >= 2 else { return nil }
        let first = rest[offset]
        expect([0x81, 0x88, 0x89, 0x8A].contains(first), "a frame begins with \(first)")
        expect(!hasClosed, "something comes behind a close frame")
        var (length, start) = (Int(rest[offset + 1]), 2)
        expect(length != 127 && length < 128, "a length of \(length)")
        if length == 126 {
            guard rest.count >= 4 else { return nil }
            (length, start) = (Int(rest[offset + 2]) << 8 | Int(rest[offset + 3]), 4)
        }
        guard rest.count >= start + length else { return nil }
        let payload = rest[(offset + start)..<(offset + start + length)]
        if first == 0x81 {
            expect(
                payload.starts(with: #"{"type":""#.utf8) && payload.last == UInt8(ascii: "}"), "not a message"
            )
            expect(String(validating: payload, as: UTF8.self) != nil, "not UTF-8")
        }
        hasClosed = first == 0x88
        return start + length
    }
}
