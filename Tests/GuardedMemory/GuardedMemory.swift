import Glibc

/// Memory with a page before it and a page behind it that nothing may touch: who reads or writes a byte too many ends
/// the process.
package final class GuardedMemory {
    private let pages: UnsafeMutableRawPointer
    private let pageSize = Int(getpagesize())
    private let capacity: Int

    /// - Parameter byteCount: the most bytes that will stand in it.
    package init(byteCount: Int) {
        capacity = max(1, (byteCount + pageSize - 1) / pageSize) * pageSize
        let flags = MAP_PRIVATE | Int32(MAP_ANONYMOUS)
        guard let pages = mmap(nil, capacity + 2 * pageSize, PROT_NONE, flags, -1, 0), pages != MAP_FAILED,
            mprotect(pages + pageSize, capacity, PROT_READ | PROT_WRITE) == 0
        else { fatalError("no memory with guards: \(errno)") }
        self.pages = pages
    }

    deinit { munmap(pages, capacity + 2 * pageSize) }

    /// Calls `body` with a copy of the bytes that ends where the page behind begins.
    package func withCopyAtEnd<Result>(
        of bytes: some Collection<UInt8>, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withCopy(of: bytes, at: capacity - bytes.count, body)
    }

    /// Calls `body` with a copy of the bytes that begins where the page before ends.
    package func withCopyAtStart<Result>(
        of bytes: some Collection<UInt8>, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withCopy(of: bytes, at: 0, body)
    }

    private func withCopy<Result>(
        of bytes: some Collection<UInt8>, at offset: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        precondition(offset >= 0 && bytes.count <= capacity, "more bytes than there is room for")
        let copy = UnsafeMutableRawBufferPointer(start: pages + pageSize + offset, count: bytes.count)
        copy.copyBytes(from: bytes)
        return try body(copy)
    }
}
