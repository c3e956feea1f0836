import Glibc
import Signaling
import Synchronization
import TURN

/// The list of ICE servers that is valid now: none before the relay listens, for only then are its ports known.
final class ICEDirectory: Sendable {
    private let list = Mutex<ICEServerList?>(nil)

    /// From now on members are handed this list.
    func publish(_ list: ICEServerList) {
        self.list.withLock { $0 = list }
    }

    /// The servers for one member of a room; nil when there are none.
    func servers(room: String, member: String) -> ICEServers? {
        list.withLock { $0 }?.servers(room: room, member: member, now: .now)
    }
}

extension UnixTime {
    /// The system's wall clock.
    static var now: UnixTime {
        UnixTime(seconds: UInt64(clamping: time(nil)))
    }
}
