package import Signaling
import Synchronization
package import Timing

/// The list of ICE servers that is valid now: none before the relay listens, for only then are its ports known.
package final class ICEDirectory: Sendable {
    private struct Published: Sendable {
        let list: ICEServerList
        let urls: [ICEURL]
    }

    private let published = Mutex<Published?>(nil)

    package init() {}

    /// From now on members are handed this list.
    ///
    /// - Parameter urls: those of the list that are ours, for people.
    package func publish(_ list: ICEServerList, _ urls: [ICEURL]) {
        published.withLock { $0 = Published(list: list, urls: urls) }
    }

    /// The published URLs of this server's relay; empty before they are published.
    package var urls: [ICEURL] { published.withLock { $0?.urls } ?? [] }

    /// The servers for one member of a room at this time; nil when there are none.
    package func servers(room: String, member: String, now: UnixTime) -> ICEServers? {
        published.withLock { $0 }?.list.servers(room: room, member: member, now: now)
    }
}
