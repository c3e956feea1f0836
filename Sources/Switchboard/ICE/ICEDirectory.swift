import Glibc
import Signaling
import Synchronization
import TURN
import Timing

/// The list of ICE servers that is valid now: none before the relay listens, for only then are its ports known.
final class ICEDirectory: Sendable {
    private struct Published: Sendable {
        let list: ICEServerList
        let urls: [ICEURL]
    }

    private let published = Mutex<Published?>(nil)

    /// From now on members are handed this list.
    ///
    /// - Parameter urls: those of the list that are ours, for people.
    func publish(_ list: ICEServerList, _ urls: [ICEURL]) {
        published.withLock { $0 = Published(list: list, urls: urls) }
    }

    /// The published URLs of this server's relay; empty before they are published.
    var urls: [ICEURL] { published.withLock { $0?.urls } ?? [] }

    /// The servers for one member of a room; nil when there are none.
    func servers(room: String, member: String) -> ICEServers? {
        published.withLock { $0 }?.list.servers(room: room, member: member, now: .now)
    }
}

extension UnixTime {
    /// The system's wall clock.
    static var now: UnixTime {
        UnixTime(seconds: UInt64(clamping: time(nil)))
    }
}
