import Addresses
import Backlog
import Glibc
import Loops
import Signaling
import Timing

@testable import SessionLoops

/// Fuzzes the sessions' loops: two of them, driven by hand in one thread, with four clients at the other ends of socket
/// pairs. The input is a script of what the clients do, bytes of their connections among it.
///
/// What must hold: whatever comes in, what goes out to each client is a sequence of whole frames, as the server writes
/// them, with nothing behind a close frame; and when the clients are gone, every connection has been given back, and no
/// room is left. The address sanitizer watches frames, splicing, outboxes and connections that move.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSessionLoop(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard var world = World() else { return 0 }
    var script = Script(bytes: UnsafeBufferPointer(start: start, count: count))
    while let step = script.next() { world.play(step, &script) }
    world.end()
    return 0
}

/// What remains of the input.
struct Script {
    let bytes: UnsafeBufferPointer<UInt8>
    var offset = 0

    mutating func next() -> UInt8? {
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, offset + count)
        defer { offset = end }
        return Array(bytes[offset..<end])
    }
}
