import Addresses
import Glibc
import Loops
import Synchronization
import TLS
import TURN

/// A connection that another part of the program has accepted, on its way to a loop: it waits in the loop's mailbox.
///
/// It has been admitted, so the queue never holds more than the limit of all streams. The loop that takes it owns
/// its socket. A stream that is not taken is closed.
final class AdoptedStream: Sendable {
    /// The parts that pass to the new owner.
    struct Connection: ~Copyable, Sendable {
        let socket: Int32
        /// With a complete handshake; nil for plain TCP.
        var tls: TLSSession?
        /// What has come from the client already, decrypted.
        let received: [UInt8]
    }

    let fiveTuple: FiveTuple
    private let admission: StreamAdmission
    private let connection: Mutex<Connection?>

    /// - Returns: nil, having closed the socket, if there are too many streams.
    init?(_ connection: consuming Connection, _ fiveTuple: FiveTuple, admission: StreamAdmission) {
        guard admission.admit(fiveTuple.client.ip) else {
            close(connection.socket)
            return nil
        }
        self.fiveTuple = fiveTuple
        self.admission = admission
        self.connection = Mutex(connection)
    }

    deinit {
        guard let connection = takeConnection() else { return }
        close(connection.socket)
        admission.release(fiveTuple.client.ip)
    }

    /// Hands over the connection with its admission; nil the second time.
    func takeConnection() -> Connection? { connection.withLock { $0.take() } }
}
