import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import Telemetry
import Timing
import UnixSignals

/// Turns SIGTERM and SIGINT into a shutdown: the first asks for a graceful one, a second ends the process at once.
/// SIGHUP has certificates read again, or is one more of them when the terminal is gone that the server was started on.
///
/// A graceful shutdown that takes longer than it may is ended as well. Both exits have code 1.
struct ShutdownSignals {
    private let signals: UnixSignalsSequence
    private let hadTerminal = isatty(STDIN_FILENO) == 1
    let timeout: Duration
    let log: LogWriter
    let logger: Logger
    /// Called with the first signal, before any service is told.
    let onShutdown: @Sendable () -> Void
    /// Called with each SIGHUP; may read files.
    let onHangUp: @Sendable () -> Void

    /// Traps the signals from now on.
    init(
        timeout: Duration, log: LogWriter, logger: Logger, onShutdown: @escaping @Sendable () -> Void,
        onHangUp: @escaping @Sendable () -> Void
    ) async {
        signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        self.timeout = timeout
        self.log = log
        self.logger = logger
        self.onShutdown = onShutdown
        self.onHangUp = onHangUp
    }

    /// Waits for signals and passes them on to the group. Ends when its task is cancelled.
    func run(_ group: ServiceGroup) async {
        var isShuttingDown = false
        for await signal in signals {
            // A terminal that has been closed is no longer a terminal.
            if signal == .sighup, !hadTerminal || isatty(STDIN_FILENO) == 1 {
                onHangUp()
                continue
            }
            if isShuttingDown {
                exitNow("second signal, exiting at once", ["signal": "\(signal)"])
            }
            isShuttingDown = true
            logger.notice("shutting down", metadata: ["signal": "\(signal)"])
            exitAfterTimeout()
            onShutdown()
            await group.triggerGracefulShutdown()
        }
    }

    /// The clock is a thread of the system's, so that it runs even if every task of the program is stuck.
    private func exitAfterTimeout() {
        DispatchQueue.global().asyncAfter(deadline: .now() + timeout.inSeconds) {
            exitNow("shutdown took too long, exiting", ["timeout": "\(timeout)"])
        }
    }

    private func exitNow(_ message: Logger.Message, _ metadata: Logger.Metadata) -> Never {
        logger.critical(message, metadata: metadata)
        log.flush(within: .milliseconds(500))
        _exit(1)
    }
}
