import Glibc

/// What the process asks of the kernel before it serves.
enum ProcessLimits {
    /// Raises the limit of open descriptors to what the system allows this process.
    ///
    /// - Returns: The limit that now holds; nil if the kernel does not tell.
    static func raiseOpenFiles() -> Int? {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return nil }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Makes a write to a closed connection or pipe an error instead of the end of the process.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }
}
