import CDatagrams
import Glibc
import TURN
import Timing

/// How long a loop waits after a turn so that the next finds more packets at once: interrupt moderation.
///
/// A wake-up, a poll and a system call per packet cost as much as the packet. Holding for a fraction of a
/// millisecond shares them, where packets come often enough to be shared and the loop has time left. Below that rate
/// it would only delay; when the loop is busy for longer than the window anyway, packets gather by themselves.
struct Hold {
    /// Fewer packets than this expected in the window: not worth waiting for.
    private static let worthwhilePackets = 1.5
    /// The rate is averaged over about this time.
    private static let averagingNanoseconds = 20_000_000.0

    /// The longest hold; 0 switches it off.
    let windowNanoseconds: Int64
    /// Packets per nanosecond of late.
    private var rate = 0.0
    private var lastTurn = MonotonicTime(nanoseconds: 0)

    init(windowMicroseconds: Int) {
        windowNanoseconds = Int64(max(0, windowMicroseconds)) * 1_000
    }

    /// Takes note of a turn.
    ///
    /// - Parameters:
    ///   - packets: how many it relayed.
    ///   - began: when it began.
    ///   - ended: when it had sent them.
    /// - Returns: nanoseconds to sleep before the next; 0 for not at all.
    mutating func afterTurn(packets: Int, began: MonotonicTime, ended: MonotonicTime) -> Int64 {
        guard windowNanoseconds > 0 else { return 0 }
        let elapsed = Double(began.nanoseconds &- lastTurn.nanoseconds)
        lastTurn = began
        let weight = elapsed / (elapsed + Self.averagingNanoseconds)
        rate += (Double(packets) / max(elapsed, 1) - rate) * weight
        guard packets > 0, rate * Double(windowNanoseconds) >= Self.worthwhilePackets else { return 0 }
        let spent = ended.nanoseconds &- began.nanoseconds
        return spent < windowNanoseconds ? windowNanoseconds - spent : 0
    }

    /// Sleeps. The thread's timer slack decides how much longer than asked.
    static func sleep(nanoseconds: Int64) {
        var time = timespec(tv_sec: 0, tv_nsec: Int(nanoseconds))
        nanosleep(&time, nil)
    }
}
