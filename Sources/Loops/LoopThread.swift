import CDatagrams
import Glibc

/// A loop that a ``LoopThread`` runs: it serves until it is told to stop.
package protocol ThreadLoop: ~Copyable {
    /// What the system calls its thread, at most 15 bytes.
    var threadName: String { get }
    /// Serves from start to stop, on the thread that alone touches the loop from now on.
    mutating func run()
}

/// A thread that runs one loop from start to stop.
package struct LoopThread: Sendable {
    /// Carries a loop to its thread, which alone touches it from then on.
    private class Runner: @unchecked Sendable {
        func run() {}
    }

    private final class Box<Loop: ThreadLoop & ~Copyable>: Runner, @unchecked Sendable {
        private var loop: Loop

        init(_ loop: consuming Loop) {
            self.loop = loop
        }

        override func run() {
            datagram_set_thread_name(loop.threadName)
            loop.run()
        }
    }

    private let thread: pthread_t

    /// Starts serving.
    package init<Loop: ThreadLoop & ~Copyable>(_ loop: consuming Loop) throws(LoopError) {
        var thread = pthread_t()
        let runner = Unmanaged<Runner>.passRetained(Box(loop))
        let error = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Runner>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, runner.toOpaque())
        guard error == 0 else {
            runner.release()
            throw LoopError(.thread, errno: error)
        }
        self.thread = thread
    }

    /// Waits until the loop has stopped, which it does when its mailbox says so. Once only.
    package func join() {
        pthread_join(thread, nil)
    }
}
