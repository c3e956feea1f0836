package import JSON
package import Pairing

/// The ICE servers that members of rooms are told of.
package protocol ICEServerSource: Sendable {
    /// Adds those for one member of a room: `iceServers`, and `iceServersExpire` where credentials among them end. Called
    /// from any thread, at any rate; it must not block.
    func addServers(for member: DeviceID, in room: RoomID, to answer: inout JSONObjectWriter)
}
