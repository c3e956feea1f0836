import Glibc
package import Logging
import Synchronization

/// The certificate in use, and its replacement when the files change. Replacing needs no restart and does not end
/// running sessions.
///
/// Code that accepts connections reads ``generation`` first, which costs one load, and fetches ``current`` only
/// when it has changed. ``reloadIfChanged()`` and ``reload()`` read files on the caller's thread, so they are never
/// called on a loop.
package final class TLSCertificates: Sendable {
    /// What tells whether a file is another one than last time.
    private struct FileState: Equatable {
        var device: UInt = 0
        var inode: UInt = 0
        var byteCount: Int = 0
        var modifiedSeconds: Int = 0
        var modifiedNanoseconds: Int = 0
        /// Of owner and permissions too.
        var changedSeconds: Int = 0
        var changedNanoseconds: Int = 0

        /// All zeros for a file that is not there.
        init(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return }
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
            byteCount = Int(status.st_size)
            modifiedSeconds = status.st_mtim.tv_sec
            modifiedNanoseconds = status.st_mtim.tv_nsec
            changedSeconds = status.st_ctim.tv_sec
            changedNanoseconds = status.st_ctim.tv_nsec
        }
    }

    private struct State {
        var context: TLSContext
        /// Both files as they were when they were last read, successfully or not.
        var files: [FileState]
        /// When unchanged files are read once more, because the cause of a failure may have passed.
        var retry: ContinuousClock.Instant?
    }

    private static let retryInterval = Duration.seconds(60)

    private let settings: TLSSettings
    private let logger: Logger
    private let state: Mutex<State>
    private let changes = Atomic<UInt64>(1)

    /// Reads the files for the first time.
    ///
    /// - Throws: ``TLSConfigurationError`` if they cannot be used; a server does not start then.
    package init(_ settings: TLSSettings, logger: Logger) throws(TLSConfigurationError) {
        self.settings = settings
        self.logger = logger
        let files = Self.files(of: settings)
        state = Mutex(State(context: try TLSContext(settings), files: files))
    }

    /// Changes with each successful reload; never 0.
    package var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// What new sessions use.
    package var current: TLSContext { state.withLock { $0.context } }

    /// Reads the files again if one of them has changed since they were last read, or a minute after they could not be
    /// used. Two calls of `stat` otherwise.
    ///
    /// A certificate and its key are replaced one after the other, so the first look may find a pair that does not
    /// match: that is logged, the old pair stays, and the second change is another chance.
    /// - Returns: false if they were read and cannot be used.
    @discardableResult
    package func reloadIfChanged(now: ContinuousClock.Instant = .now) -> Bool {
        let files = Self.files(of: settings)
        let isDue = state.withLock { $0.files != files || ($0.retry.map { $0 <= now } ?? false) }
        return isDue ? reload(now: now) : true
    }

    /// Reads the files again, changed or not. If they cannot be used the old certificate stays in use.
    @discardableResult
    package func reload(now: ContinuousClock.Instant = .now) -> Bool {
        // As they are before reading: what is written meanwhile is seen as a change next time.
        let files = Self.files(of: settings)
        do throws(TLSConfigurationError) {
            let context = try TLSContext(settings)
            state.withLock { $0 = State(context: context, files: files) }
            changes.wrappingAdd(1, ordering: .releasing)
            logger.notice("TLS certificate reloaded", metadata: ["file": "\(settings.certificateFile)"])
            return true
        } catch {
            state.withLock {
                $0.files = files
                $0.retry = now + Self.retryInterval
            }
            logger.error(
                "TLS certificate not reloaded, the old one stays in use",
                metadata: [
                    "code": "\(error.code.rawValue)", "file": "\(error.subject)", "error": "\(error.reason)",
                ])
            return false
        }
    }

    private static func files(of settings: TLSSettings) -> [FileState] {
        [FileState(settings.certificateFile), FileState(settings.privateKeyFile)]
    }
}
