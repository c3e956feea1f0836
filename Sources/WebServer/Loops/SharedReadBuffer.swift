import NIOCore

/// Lets the sockets of one loop read into one buffer, instead of each keeping a large one of its own.
///
/// NIO asks for a buffer right before it reads, on the channel's loop. A reader that has used the bytes gives the
/// buffer back to the ``LoopContext``; a reader that keeps the bytes keeps the buffer. The first buffer that a
/// channel asks for stays with it for good (`NIOPooledRecvBufferAllocator`), so that one is small: a handshake fits
/// into it.
struct SharedReadBuffer: RecvByteBufferAllocator, @unchecked Sendable {
    private static let firstBytes = 1_024

    /// Touched on its own loop only, which is why this may be sent there.
    private let loop: LoopContext
    private var hasRead = false

    init(loop: LoopContext) { self.loop = loop }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        hasRead ? loop.takeReadBuffer() : allocator.buffer(capacity: Self.firstBytes)
    }

    /// True, which keeps NIO from reading into the first buffer again.
    mutating func record(actualReadBytes: Int) -> Bool {
        hasRead = true
        return true
    }
}
