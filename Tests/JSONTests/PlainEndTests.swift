import CScan
import GuardedMemory
import Testing

@Suite("The search for what is special within a string")
struct PlainEndTests {
    /// The same, byte by byte.
    private func expectedEnd(_ bytes: [UInt8], _ start: Int) -> Int {
        bytes.indices.dropFirst(start).first {
            bytes[$0] == UInt8(ascii: "\"") || bytes[$0] == UInt8(ascii: "\\") || bytes[$0] < 0x20
                || bytes[$0] >= 0x80
        } ?? max(start, bytes.count)
    }

    private func foundEnd(_ bytes: UnsafeMutableRawBufferPointer, _ start: Int) -> Int {
        guard let base = bytes.baseAddress else { return start }
        return scan_plain_end(base.assumingMemoryBound(to: UInt8.self), start, bytes.count)
    }

    @Test("finds every byte at every place of every length, and reads none beyond the ends")
    func everyByte() {
        let memory = GuardedMemory(byteCount: 64)
        for length in 0...64 {
            for place in 0..<max(1, length) {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    if length > 0 { bytes[place] = byte }
                    let expected = expectedEnd(bytes, 0)
                    let atEnd = memory.withCopyAtEnd(of: bytes) { foundEnd($0, 0) }
                    let atStart = memory.withCopyAtStart(of: bytes) { foundEnd($0, 0) }
                    if atEnd != expected || atStart != expected {
                        Issue.record(
                            "\(byte) at \(place) of \(length): \(atEnd), \(atStart), not \(expected)")
                    }
                }
            }
        }
    }

    @Test("begins wherever it is told, and does not see what stands before")
    func everyStart() {
        let memory = GuardedMemory(byteCount: 64)
        for length in 0...64 {
            for place in 0...length {
                // Special from the first byte to `place`, and never again: what is marked lies behind the start.
                let bytes = (0..<length).map { $0 < place ? UInt8(ascii: "\"") : UInt8(ascii: "a") }
                for start in 0...length + 1 {
                    let expected = expectedEnd(bytes, start)
                    let atEnd = memory.withCopyAtEnd(of: bytes) { foundEnd($0, start) }
                    let atStart = memory.withCopyAtStart(of: bytes) { foundEnd($0, start) }
                    if atEnd != expected || atStart != expected {
                        Issue.record("from \(start) of \(length): \(atEnd), \(atStart), not \(expected)")
                    }
                }
            }
        }
    }
}
