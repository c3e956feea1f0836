import Signaling
import Synchronization

/// A connection on its way to a loop: it waits in the loop's queue, and is in no table meanwhile.
///
/// The loop that takes it owns it. One that is not taken is closed.
final class SessionParcel: Sendable {
    /// Why it comes.
    enum Errand: Sendable {
        /// Its handshake was accepted: this is the response.
        case open(response: [UInt8])
        /// It wants a seat in a room of the loop.
        case join(JoinRequest)
        /// It has a seat in a room of the loop, which a visitor holds for it.
        case follow(JoinRequest, visitor: UInt32)
    }

    let errand: Errand
    /// Output that the last loop could not send.
    let output: [UInt8]
    private let client: Mutex<SessionClient?>

    init(_ client: consuming SessionClient, _ errand: Errand, output: [UInt8] = []) {
        self.client = Mutex(client)
        self.errand = errand
        self.output = output
    }

    /// Hands over the connection; nil the second time.
    func take() -> SessionClient? { client.withLock { $0.take() } }
}
