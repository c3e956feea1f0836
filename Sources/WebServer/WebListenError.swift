import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A port of the web server could not be opened, for a reason that an operator can do something about.
package struct WebListenError: Error {
    /// The port that was asked for.
    package let port: Int
    private let errorNumber: CInt

    private static let known: Set<CInt> = [EADDRINUSE, EADDRNOTAVAIL, EACCES]

    /// Nil for anything else.
    init?(_ error: any Error, port: Int) {
        guard let error = error as? IOError, Self.known.contains(error.errnoCode) else { return nil }
        self.port = port
        errorNumber = error.errnoCode
    }

    /// The system's words.
    package var reason: String { String(cString: strerror(errorNumber)) }
}
