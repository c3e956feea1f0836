import Glibc

/// Whether a file that may be missing is missing.
package enum FilePresence {
    /// Whether nothing is at a path, not even a dangling link. False if this user may not look there: reading then
    /// fails with the reason, and a file that cannot be seen is not taken for one that does not exist.
    package static func isMissing(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
    }
}
