import Addresses
import CDatagrams
import Glibc
import Loops
import Synchronization
import TURN

/// Everything that reaches a loop from other threads: packets from other loops, and commands.
///
/// Senders append under a short lock and wake the loop once for all their packets. The loop takes all packets at
/// once by exchanging its empty memory for the full one, so no lock is held while they are processed.
final class LoopMailbox: Sendable {
    private struct State: ~Copyable, Sendable {
        var packets = MailboxPackets()
        var commands: [LoopCommand] = []
        /// Packets that found no room since the loop last looked.
        var dropped: UInt64 = 0
        /// The loop was woken or is about to be, and has not looked since.
        var isWaking = false
    }

    private let state = Mutex(State())
    private let wakeUp: WakeUp
    /// To be watched edge-triggered, so that it need not be read.
    var descriptor: Int32 { wakeUp.descriptor }

    init() throws(LoopError) {
        wakeUp = try WakeUp()
    }

    /// Leaves a packet for one of the loop's allocations; drops and counts it where there is no room.
    ///
    /// - Returns: whether the sender has to call `wake` at the end of its turn.
    @inline(__always)
    func post(_ payload: UnsafeRawBufferPointer, from sender: TransportAddress, to receiver: AllocationID)
        -> Bool
    {
        state.withLock { state in
            if !state.packets.append(payload, from: sender, to: receiver) { state.dropped &+= 1 }
            if state.isWaking { return false }
            state.isWaking = true
            return true
        }
    }

    /// Leaves a command and wakes the loop.
    func post(_ command: LoopCommand) {
        state.withLock { $0.commands.append(command) }
        wake()
    }

    /// Has the loop look.
    func wake() { wakeUp() }

    /// Takes everything that has come.
    ///
    /// - Parameters:
    ///   - packets: empty; full on return.
    ///   - dropped: grows by the number of packets that found no room.
    /// - Returns: the commands, in their order.
    func takeMail(_ packets: inout MailboxPackets, dropped: inout UInt64) -> [LoopCommand] {
        state.withLock { state in
            swap(&state.packets, &packets)
            state.isWaking = false
            dropped &+= state.dropped
            state.dropped = 0
            guard !state.commands.isEmpty else { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }
}
