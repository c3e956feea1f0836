import Glibc
import Logging

/// Writes log lines to a file descriptor from one thread of its own.
///
/// `write` appends to a bounded buffer and returns; it never waits for the descriptor, so a full pipe or a
/// stopped terminal behind stderr cannot stop an event loop. When the buffer is full, lines are dropped and
/// counted, and one line says how many as soon as there is room again. Safe to use from any thread.
package final class LogWriter: @unchecked Sendable {
    /// How many bytes wait at most unless told otherwise.
    package static let defaultMaxQueuedBytes = 1 << 20

    private struct State {
        var queued: [UInt8] = []
        var isWriting = false
        var isClosed = false
        var dropped: UInt64 = 0
        var droppedUnreported: UInt64 = 0
    }

    private let descriptor: Int32
    private let maxQueuedBytes: Int
    private let format: LogFormat
    /// Guards `state`; held for appending or taking bytes only, never while writing to the descriptor.
    private let monitor = Monitor()
    private var state = State()

    /// Starts the writing thread, which lives until `close`.
    ///
    /// - Parameters:
    ///   - descriptor: Where lines go; stderr by default. It is not closed.
    ///   - format: The format of the line that reports dropped lines.
    ///   - maxQueuedBytes: How many bytes wait at most beside those being written; a line that would pass it is
    ///     dropped.
    package init(
        descriptor: Int32 = STDERR_FILENO, format: LogFormat,
        maxQueuedBytes: Int = LogWriter.defaultMaxQueuedBytes
    ) {
        self.descriptor = descriptor
        self.format = format
        self.maxQueuedBytes = maxQueuedBytes
        Thread.start { self.runThread() }
    }

    /// How many lines were dropped because the buffer was full, since the start.
    package var droppedLines: UInt64 {
        monitor.withLock { state.dropped }
    }

    /// Queues one line, given with its line feed, or drops it when the buffer is full. Never waits.
    package func write(_ line: [UInt8]) {
        monitor.withLock {
            guard !state.isClosed, state.queued.count + line.count <= maxQueuedBytes else {
                state.dropped += 1
                state.droppedUnreported += 1
                return
            }
            if state.queued.isEmpty {
                monitor.wakeAll()
            }
            state.queued.append(contentsOf: line)
        }
    }

    /// Waits until all that was queued has been written, at most for `limit`; false when that was too short.
    ///
    /// It blocks the calling thread: for the end of the process, never for an event loop.
    @discardableResult
    package func flush(within limit: Duration) -> Bool {
        monitor.withLock {
            monitor.wait(until: { state.queued.isEmpty && !state.isWriting }, atMost: limit)
        }
    }

    /// Writes what is queued, as `flush` does, then ends the thread. Later lines are dropped.
    package func close(within limit: Duration) {
        flush(within: limit)
        monitor.withLock {
            state.isClosed = true
            monitor.wakeAll()
        }
    }

    private func runThread() {
        while let batch = nextBatch() {
            writeAll(batch)
            monitor.withLock {
                state.isWriting = false
                monitor.wakeAll()
            }
        }
    }

    /// Waits for lines and takes them all; nil when the writer has been closed.
    private func nextBatch() -> [UInt8]? {
        monitor.withLock {
            monitor.wait { !state.queued.isEmpty || state.isClosed }
            guard !state.queued.isEmpty else { return nil }
            var batch: [UInt8] = []
            swap(&batch, &state.queued)
            if state.droppedUnreported > 0 {
                batch += dropReport(state.droppedUnreported)
                state.droppedUnreported = 0
            }
            state.isWriting = true
            return batch
        }
    }

    private func dropReport(_ count: UInt64) -> [UInt8] {
        format.line(
            LogLine(
                time: .now(), level: .warning, label: "log", message: "log lines dropped",
                metadata: ["count": .stringConvertible(count)]))
    }

    /// Writes everything, however long that takes. Lines are lost only if the descriptor itself is unusable.
    private func writeAll(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                written += count
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
