import Loops

extension StreamOutbox {
    /// Appends a frame with its padding.
    ///
    /// - Parameter limit: nothing is appended that would make more than this wait.
    /// - Returns: false if it was not appended.
    @inline(__always)
    mutating func append(_ frame: OutgoingFrame, limit: Int, memory: inout StreamMemory) -> Bool {
        guard var next = extend(frame.byteCount, limit: limit, memory: &memory) else { return false }
        let header = frame.header
        if let bytes = header.baseAddress, header.count > 0 {
            next.copyMemory(from: bytes, byteCount: header.count)
            next += header.count
        }
        let payload = frame.payload
        if let bytes = payload.baseAddress { next.copyMemory(from: bytes, byteCount: payload.count) }
        next += payload.count
        for offset in 0..<frame.paddingByteCount {
            next.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
        return true
    }
}
