import Dispatch
import Synchronization
import Timing

/// Makes all checks, one after the other, each within its time.
///
/// One after the other because some would disturb each other: a port that is tried is not free for that moment.
package struct Doctor {
    let checks: [DoctorCheck]

    package init(checks: [DoctorCheck] = DoctorCheck.all) {
        self.checks = checks
    }

    /// Examines, and tells about each check as soon as it is through.
    ///
    /// - Returns: all findings, in the order of the checks.
    @discardableResult
    package func examine(
        _ examination: Examination, tell: (DoctorCheck, [Finding]) -> Void = { _, _ in }
    ) async -> [Finding] {
        var all: [Finding] = []
        for check in checks {
            let findings = await Self.findings(of: check, examination)
            tell(check, findings)
            all += findings
        }
        return all
    }

    /// What a check finds, or that it took too long. A check that hangs is left behind with its thread.
    private static func findings(of check: DoctorCheck, _ examination: Examination) async -> [Finding] {
        await within(check.limit) {
            await check.run(examination)
        } ?? [
            .warning(
                .unfinished, of: check.title, "not finished after \(check.limit.inWords)",
                do: "find out what hangs: usually a name server, a file system or another process")
        ]
    }
}

extension Doctor {
    /// The result of work that may block, or nil if it is not there in time.
    package static func within<Result: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async -> Result
    ) async -> Result? {
        let box = Box<Result>()
        return await withCheckedContinuation { continuation in
            box.waiting.withLock { $0 = continuation }
            Task.detached(executorPreference: ThreadExecutor.shared) {
                let result = await work()
                box.take()?.resume(returning: result)
            }
            Task.detached {
                try? await Task.sleep(for: limit)
                box.take()?.resume(returning: nil)
            }
        }
    }

    private final class Box<Result: Sendable>: Sendable {
        let waiting = Mutex<CheckedContinuation<Result?, Never>?>(nil)

        func take() -> CheckedContinuation<Result?, Never>? {
            waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
        }
    }

    /// Runs tasks that block: not on Swift's own threads, of which there are few.
    private final class ThreadExecutor: TaskExecutor {
        static let shared = ThreadExecutor()

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}

extension Duration {
    /// `5 s`, `300 ms`.
    var inWords: String {
        self >= .seconds(1) ? "\(components.seconds) s" : "\(Int(inSeconds * 1000)) ms"
    }
}
