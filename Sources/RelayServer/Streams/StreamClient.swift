import Addresses
import Loops
import TLS
import TURN
import Timing

/// One TCP or TLS client: its socket, its state, and the beginning of its next message. What is to be sent to it waits
/// in the `StreamOutboxes`.
struct StreamClient: ~Copyable {
    enum Phase: UInt8 {
        /// From a proxy whose header is not complete.
        case proxied
        /// TLS only: the handshake is not complete.
        case handshaking
        /// Connected, but no whole message has come.
        case silent
        case open
        /// It ends with the turn: nothing more is read, and waiting output is written if the socket takes it.
        case closing
    }

    let socket: Int32
    /// With the proxy's own address until its header has come.
    var route: ClientRoute
    /// The address that it counts as in `StreamAdmission`; nil until a proxy's header has come.
    var admittedAs: IPAddress?
    let acceptedAt: MonotonicTime
    var phase: Phase
    /// From its first bytes on: a connection that stays silent has none.
    var tls: TLSSession?
    var partial = PartialMessage()
    /// Its socket takes no more: what waits goes out when the poller says that there is room.
    var isBlocked = false
    /// For this reason nothing more is written, and the poller is about to report the end.
    var abandoned: StreamEnd?
    var receivedAt: MonotonicTime
    /// When the message that is still incomplete began.
    var partialSince: MonotonicTime
    /// When it last took something, while it is blocked.
    var blockedSince: MonotonicTime
    /// When it last had taken everything, while something waits; else the end of time.
    var behindSince = MonotonicTime.distantFuture

    /// - Parameter admittedAs: nil if a proxy's header has to come first.
    init(socket: Int32, route: ClientRoute, admittedAs: IPAddress?, now: MonotonicTime) {
        self.socket = socket
        self.route = route
        self.admittedAs = admittedAs
        acceptedAt = now
        phase = admittedAs == nil ? .proxied : Self.firstPhase(route.fiveTuple.transport)
        receivedAt = now
        partialSince = now
        blockedSince = now
    }

    /// Where a connection begins once its client is known.
    static func firstPhase(_ transport: ClientTransport) -> Phase {
        transport == .tls ? .handshaking : .silent
    }

    /// Why and when it must end if nothing happens until then. `idle` applies only without an allocation.
    func deadline(_ times: StreamTimes) -> (MonotonicTime, StreamEnd) {
        var earliest = (receivedAt.advanced(byNanoseconds: times.idle), StreamEnd.idle)
        func consider(_ since: MonotonicTime, _ nanoseconds: Int64, _ end: StreamEnd) {
            let deadline = since.advanced(byNanoseconds: nanoseconds)
            if deadline < earliest.0 { earliest = (deadline, end) }
        }
        if isBlocked { consider(blockedSince, times.unread, .unread) }
        switch phase {
        case .proxied, .handshaking, .silent: consider(acceptedAt, times.message, .slow)
        case .open, .closing: if !partial.isEmpty { consider(partialSince, times.message, .slow) }
        }
        return earliest
    }
}

/// The times of `StreamLimits` in nanoseconds.
struct StreamTimes: BitwiseCopyable {
    let message: Int64
    let idle: Int64
    let unread: Int64

    init(_ limits: StreamLimits) {
        message = limits.messageTime.wholeNanoseconds
        idle = limits.idleTime.wholeNanoseconds
        unread = limits.unreadTime.wholeNanoseconds
    }

    /// Every client is looked at this often, so no deadline that comes up in between is passed.
    var shortest: Int64 { max(1_000_000, min(message, idle, unread)) }
}
