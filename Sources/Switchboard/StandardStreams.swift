import Glibc

/// The two streams for people. Logs do not pass here.
enum StandardStreams {
    /// Writes one line to standard output at once.
    static func printLine(_ line: String) {
        write(line, to: STDOUT_FILENO)
    }

    /// Writes one line to standard error at once.
    static func printError(_ line: String) {
        write(line, to: STDERR_FILENO)
    }

    /// A stream without a reader is not a reason to fail.
    private static func write(_ line: String, to descriptor: Int32) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
