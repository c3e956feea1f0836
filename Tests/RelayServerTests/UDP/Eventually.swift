import Addresses
import Glibc
import Loops
import STUN
import TURN
import Testing
import Timing

@testable import RelayServer

/// Waits until something holds, half a minute at most.
func eventually(_ condition: () throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let start = Clock.now()
    while !(try condition()) {
        guard Clock.now().nanoseconds - start.nanoseconds < 30_000_000_000 else {
            Issue.record("It did not come true in time", sourceLocation: sourceLocation)
            return
        }
        usleep(1_000)
    }
}

extension TransportAddress {
    /// Whether a UDP socket can be bound here.
    var isFree: Bool {
        let descriptor = DatagramSocket.open(self, bufferByteCount: 4_096, receiveOffload: false)
        if descriptor >= 0 { close(descriptor) }
        return descriptor >= 0
    }
}
