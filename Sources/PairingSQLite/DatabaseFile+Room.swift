import Pairing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension DatabaseFile {
    /// What there has to be room for: the pages of some transactions, in the log and in the file.
    private static let roomBytes = 64 << 10
    /// The end of the name of the file that asks for room, beside the database and so on its disk.
    private static let roomSuffix = "-room"

    /// Contents that no file system makes smaller.
    private static let filling: [UInt8] = (0..<roomBytes).map {
        UInt8(truncatingIfNeeded: (UInt64($0) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }

    /// Finds out whether the disk has room, by allocating some for a moment.
    ///
    /// SQLite itself does not tell: a commit overwrites space that the log already has, so commits succeed for a
    /// while on a full disk, and then fail. Nor does statvfs(3), which does not know quotas. The file loses its
    /// name as soon as it is open, so nothing is left behind, and it is gone before its pages are sent to the disk.
    ///
    /// - Throws: `unavailable` if there is no room, or if this cannot be determined.
    func findRoom() throws(PairingStoreError) {
        let name = path + Self.roomSuffix
        let descriptor = try Self.makeFile(name)
        let written = Self.fill(descriptor)
        let reason = errno
        // Some file systems report a lack of room only now.
        guard close(descriptor) == 0, written else {
            throw Self.failure(written ? errno : reason)
        }
    }

    /// Opens a new file and takes its name away.
    private static func makeFile(_ name: String) throws(PairingStoreError) -> Int32 {
        // Twice: a process that was killed between the two calls has left one behind.
        for attempt in 0..<2 {
            let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            let reason = errno
            if descriptor >= 0 || (attempt == 0 && reason == EEXIST) { unlink(name) }
            if descriptor >= 0 { return descriptor }
            guard reason == EEXIST else { throw failure(reason) }
        }
        throw failure(EEXIST)
    }

    /// Whether all of the filling has been written; `errno` says why not.
    private static func fill(_ descriptor: Int32) -> Bool {
        filling.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let count = write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                start += count
            }
            return true
        }
    }

    private static func failure(_ reason: Int32) -> PairingStoreError {
        switch reason {
        case ENOSPC, EDQUOT, EFBIG: PairingStoreError(.unavailable, "The disk of the database is full.")
        default:
            PairingStoreError(
                .unavailable,
                "The disk of the database cannot be asked for room: \(String(cString: strerror(reason))).")
        }
    }
}
