import Glibc

/// A POSIX mutex with a condition: for a thread that sleeps until another has work for it.
///
/// The standard library's `Mutex` cannot wait for a condition.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Waits, with the lock held, until `isDone`; the lock is free meanwhile.
    func wait(until isDone: () -> Bool) {
        while !isDone() {
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Waits as `wait(until:)` does, but not longer than `limit`; tells whether `isDone`.
    func wait(until isDone: () -> Bool, atMost limit: Duration) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + Int(limit.components.attoseconds / 1_000_000_000)
        deadline.tv_sec += Int(limit.components.seconds) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        while !isDone() {
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
                return isDone()
            }
        }
        return true
    }

    /// Wakes everything that waits. Call it with the lock held.
    func wakeAll() {
        pthread_cond_broadcast(condition)
    }
}

/// Starts detached threads.
enum Thread {
    private final class Body {
        let run: @Sendable () -> Void

        init(run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Runs `body` on a thread of its own, which ends when `body` returns. Traps when the system has no thread left.
    static func start(_ body: @escaping @Sendable () -> Void) {
        // The new thread inherits the mask: signals are for the threads that wait for them.
        var (allSignals, ownMask) = (sigset_t(), sigset_t())
        sigfillset(&allSignals)
        pthread_sigmask(SIG_BLOCK, &allSignals, &ownMask)
        defer { pthread_sigmask(SIG_SETMASK, &ownMask, nil) }
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(run: body)).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument)
        guard failure == 0 else {
            fatalError("pthread_create failed: \(failure)")
        }
        pthread_detach(thread)
    }
}
