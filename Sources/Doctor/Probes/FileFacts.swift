import Glibc

/// What is at a path, as far as checks care.
package struct FileFacts: Equatable, Sendable {
    var isDirectory = false
    /// Permission bits.
    var mode: UInt32 = 0o600
    var owner: UInt32 = 0
    /// Whether this user may read it, write it, and for a directory enter it.
    var isReadable = true
    var isWritable = true
    var byteCount = 0
    /// Seconds since 1970.
    var modified: Int64 = 0

    /// Whether users other than the owner and the group may read it.
    var isReadableByAll: Bool { mode & 0o004 != 0 }

    package static func read(_ path: String) -> FileFacts? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        return FileFacts(
            isDirectory: isDirectory, mode: status.st_mode & 0o7777, owner: status.st_uid,
            isReadable: access(path, R_OK) == 0,
            isWritable: access(path, isDirectory ? W_OK | X_OK : W_OK) == 0, byteCount: Int(status.st_size),
            modified: Int64(status.st_mtim.tv_sec))
    }

    static func userID() -> UInt32 { geteuid() }
}

/// A file system.
struct VolumeFacts: Equatable, Sendable {
    /// What an ordinary user may still write.
    var freeBytes = 1 << 40
    /// Files that may still be made; nil where the file system does not count them.
    var freeFiles: Int? = 1 << 20
    var isReadOnly = false
    /// `ext4`, `nfs4`, `overlay`; empty if unknown.
    var type = "ext4"

    static func read(_ path: String) -> VolumeFacts? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return VolumeFacts(
            freeBytes: overflow ? .max : Int(clamping: bytes),
            freeFiles: status.f_files == 0 ? nil : Int(clamping: status.f_favail),
            isReadOnly: status.f_flag & UInt(ST_RDONLY) != 0, type: type(of: path))
    }

    /// The type of the mount with the longest path that the file is under (proc_pid_mountinfo(5)).
    private static func type(of path: String) -> String {
        guard let real = realpath(path, nil) else { return "" }
        defer { free(real) }
        let text = KernelFile.text("/proc/self/mountinfo") ?? ""
        return type(of: String(cString: real), mountinfo: text)
    }

    /// The same from the text of the table.
    static func type(of path: String, mountinfo: String) -> String {
        var best = (length: -1, type: "")
        for line in mountinfo.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 6, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else {
                continue
            }
            let mount = words[4].replacing("\\040", with: " ")
            let isAbove = mount == "/" || path == mount || path.hasPrefix(mount + "/")
            // Of two mounts on one path the later one counts.
            if isAbove, mount.utf8.count >= best.length {
                best = (mount.utf8.count, String(words[dash + 1]))
            }
        }
        return best.type
    }
}
