import Glibc

/// Whether a file that may be missing is missing.
enum FilePresence {
    /// Whether nothing is at a path, not even a link that leads nowhere. False where this user may not look: who reads it
    /// then finds out why, and nobody takes a file that cannot be seen for one that does not exist.
    static func isMissing(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
    }
}
