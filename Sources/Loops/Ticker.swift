import CDatagrams
import Glibc

/// A clock that strikes at even intervals: a timerfd that the loop's poller watches, to be acknowledged at each stroke.
///
/// A loop that waits with a timeout has the kernel arm and cancel a timer at each sleep; one that waits without end and is
/// woken by this has not. For deadlines that may be some tenths of a second late.
package struct Ticker: ~Copyable {
    /// What the poller watches.
    package let descriptor: Int32
    private let interval: timespec
    private var isRunning = false

    /// - Parameter interval: nanoseconds, below a second.
    /// - Throws: when the system has no descriptor left.
    package init(intervalNanoseconds interval: Int) throws(LoopError) {
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        guard descriptor >= 0 else { throw LoopError(.poller, errno: errno) }
        self.interval = timespec(tv_sec: 0, tv_nsec: interval)
    }

    deinit {
        close(descriptor)
    }

    /// Strikes from now on, the first time after one interval; harmless when it does already.
    package mutating func start() {
        guard !isRunning else { return }
        isRunning = true
        var times = itimerspec(it_interval: interval, it_value: interval)
        timerfd_settime(descriptor, 0, &times, nil)
    }

    /// Strikes no more: a loop with nothing to look after sleeps.
    package mutating func stop() {
        guard isRunning else { return }
        isRunning = false
        var times = itimerspec()
        timerfd_settime(descriptor, 0, &times, nil)
    }

    /// Takes note of a stroke; until then its readiness is reported.
    package func acknowledge() {
        var strokes: UInt64 = 0
        _ = read(descriptor, &strokes, MemoryLayout<UInt64>.size)
    }
}
