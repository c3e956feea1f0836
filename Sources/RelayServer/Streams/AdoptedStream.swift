import Addresses
import Loops
import Synchronization
import TLS
import TURN

/// A connection that another part of the program has accepted, on its way to a loop: it waits in the loop's mailbox.
///
/// It has been admitted, so the queue never holds more than the limit of all streams. A stream that is not taken is
/// closed.
final class AdoptedStream: Sendable {
    let fiveTuple: FiveTuple
    private let admission: StreamAdmission
    private let stream: Mutex<DetachedStream?>

    /// - Returns: nil, which closes the stream, if there are too many.
    init?(_ stream: consuming DetachedStream, admission: StreamAdmission) {
        let fiveTuple = FiveTuple(
            client: stream.client.unmapped, server: stream.server.unmapped,
            transport: stream.isTLS ? .tls : .tcp)
        guard admission.admit(fiveTuple.client.ip) else { return nil }
        self.fiveTuple = fiveTuple
        self.admission = admission
        self.stream = Mutex(stream)
    }

    deinit {
        if takeStream() != nil { admission.release(fiveTuple.client.ip) }
    }

    /// Hands over the stream with its admission; nil the second time.
    func takeStream() -> DetachedStream? { stream.withLock { $0.take() } }
}
