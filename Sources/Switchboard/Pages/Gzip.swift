import CZlib

/// gzip (RFC 1952) at its best, for content that is compressed once and sent often.
enum Gzip {
    private static let bestCompression: Int32 = 9
    /// A window of 32 KiB, and 16 for gzip's header instead of zlib's.
    private static let windowBits: Int32 = 15 + 16

    /// The content compressed; nil if zlib cannot, for lack of memory.
    static func compress(_ content: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        // deflateInit2 is a macro over a function that wants the header's version; see CZlib.h.
        guard czlib_deflate_begin(&stream, bestCompression, windowBits) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var input = content
        return input.withUnsafeMutableBufferPointer { input -> [UInt8]? in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            let bound = Int(deflateBound(&stream, UInt(input.count)))
            var status = Z_OK
            let output = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(bound)
                status = deflate(&stream, Z_FINISH)
                count = bound - Int(stream.avail_out)
            }
            return status == Z_STREAM_END ? output : nil
        }
    }
}
