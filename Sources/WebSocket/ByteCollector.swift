/// A growing run of bytes that is given back as soon as it has been used, so that an idle connection keeps none.
struct ByteCollector: ~Copyable {
    private var storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private(set) var count = 0
    /// The bytes were handed out and may go when their reader is done with them.
    private var isHandedOut = false

    deinit { storage.deallocate() }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        if storage.count - count < bytes.count {
            let capacity = max(512, storage.count * 2, count + bytes.count)
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
            if count > 0 { larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count])) }
            storage.deallocate()
            storage = larger
        }
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// The bytes so far, valid until they are released.
    mutating func handOut() -> UnsafeRawBufferPointer {
        isHandedOut = true
        return UnsafeRawBufferPointer(rebasing: storage[..<count])
    }

    mutating func releaseIfHandedOut() {
        if isHandedOut { release() }
    }

    mutating func release() {
        storage.deallocate()
        storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        count = 0
        isHandedOut = false
    }
}
