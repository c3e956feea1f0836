import Glibc

/// A thread that runs one loop from start to stop.
struct LoopThread: Sendable {
    /// Carries a loop to its thread, which alone touches it from then on.
    private final class Box: @unchecked Sendable {
        var loop: RelayLoop

        init(_ loop: consuming RelayLoop) {
            self.loop = loop
        }
    }

    private let thread: pthread_t

    /// Starts serving.
    init(_ loop: consuming RelayLoop) throws(RelayServerError) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(loop))
        let error = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                box.loop.run()
                return nil
            }, box.toOpaque())
        guard error == 0 else {
            box.release()
            throw .system(.thread, errno: error)
        }
        self.thread = thread
    }

    /// Waits until the loop has stopped, which it does when its mailbox says so. Once only.
    func join() {
        pthread_join(thread, nil)
    }
}
