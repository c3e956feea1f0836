package import Loops

/// Bounds of TCP and TLS clients.
package struct StreamLimits: Sendable {
    /// Connections of all loops together; more are closed at once. Default 10,000.
    package var maxStreams = 10_000
    /// Connections of one IPv4 address or one IPv6 /64, of all loops together. Default 128.
    package var maxStreamsPerAddress = 128
    /// From the connection to the end of its first message, the TLS handshake included, and from the first byte of
    /// every later message to its last. Default 10 s.
    package var messageTime = Duration.seconds(10)
    /// How long a client without an allocation may stay without sending anything. Default 60 s.
    package var idleTime = Duration.seconds(60)
    /// How long a client may leave its output unread. Default 30 s.
    package var unreadTime = Duration.seconds(30)
    /// Bytes that may wait for one client before media for it is dropped. Default 256 KiB.
    package var outboxBytes = 256 << 10
    /// Bytes of answers to its requests that may wait beyond that; a client with more is closed. Default 16 KiB.
    package var answerReserveBytes = 16 << 10
    /// Connections taken from one listener in one turn of a loop. Default 32.
    package var acceptsPerTurn = 32
    /// Steps of TLS handshakes taken in one turn of a loop, so that a crowd of new clients does not delay the media
    /// of the connected ones. Default 2: the expensive step costs 0.1 ms with an ECDSA key, 1 ms with RSA.
    package var handshakesPerTurn = 2

    /// The most streams that one loop has places for.
    package static let streamBound = StreamHandle.maxCount

    package init() {}

    /// The first message of a client: an Allocate with the longest names that RFC 8489 allows is shorter.
    static let firstMessageBytes = 4096
    /// How long a listener rests when there are no descriptors left.
    static let exhaustedPause = Duration.milliseconds(500)
}

extension StreamAdmission {
    /// Counts streams within these limits.
    package convenience init(_ limits: StreamLimits) {
        self.init(maxStreams: limits.maxStreams, maxStreamsPerAddress: limits.maxStreamsPerAddress)
    }
}
