import Pairing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file of a database, as the file system sees it.
struct DatabaseFile: Sendable {
    /// Tells one file from another that takes its name.
    struct Identity: Equatable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    let path: String

    /// What is at the path now; `nil` if nothing is.
    var identity: Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(
            device: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(truncatingIfNeeded: status.st_ino))
    }

    /// Creates what is missing: directories that only the owner may enter (0700), and an empty file that
    /// only the owner may read (0600), which is an empty database. SQLite gives its side files the same mode.
    ///
    /// A file that exists is not opened here: closing it would drop the locks that SQLite holds on it.
    func create() throws(PairingStoreError) {
        for (index, character) in path.utf8.enumerated() where character == UInt8(ascii: "/") && index > 0 {
            let directory = String(Substring(path.utf8.prefix(index)))
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST || isDirectory(directory) else {
                throw failure("The directory of the database cannot be created")
            }
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            _ = Self.closeDescriptor(descriptor)
        } else if errno != EEXIST {
            throw failure("The database file cannot be created")
        }
    }

    /// `mkdir` on a read-only file system may say so before it says that the directory exists.
    private func isDirectory(_ path: String) -> Bool {
        let reason = errno
        defer { errno = reason }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func failure(_ sentence: String) -> PairingStoreError {
        PairingStoreError(.unavailable, "\(sentence): \(String(cString: strerror(errno))).")
    }

    /// `close` under a name that the methods of this type do not hide.
    private static func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
}
