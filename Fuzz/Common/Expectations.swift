/// Stops the run, which makes libFuzzer keep the input, when a property does not hold.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError(message()) }
}

/// Stops the run when two ways to the same answer differ.
func expectEqual<Value: Equatable>(_ actual: Value, _ expected: Value, _ message: @autoclosure () -> String) {
    if actual != expected { fatalError("\(message()): \(actual) instead of \(expected)") }
}

/// Calls `body` with a copy of the bytes in memory of exactly their size, `shift` bytes behind an aligned
/// address: the address sanitizer then notices the first byte that is read too far.
func withExactCopy<Result>(
    of bytes: some Collection<UInt8>, shift: Int = 0, _ body: (UnsafeMutableRawBufferPointer) -> Result
) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: shift + bytes.count, alignment: 16)
    defer { memory.deallocate() }
    let copy = UnsafeMutableRawBufferPointer(rebasing: memory[shift...])
    copy.copyBytes(from: bytes)
    return body(copy)
}
