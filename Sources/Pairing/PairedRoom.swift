/// Two devices that have found each other.
package struct PairedRoom: Equatable, Sendable {
    /// The name both devices join their live room by.
    package let roomID: RoomID
    /// The device that made the invitation.
    package let client1: DeviceID
    /// The device that accepted it.
    package let client2: DeviceID

    /// Makes the record of a pairing.
    package init(roomID: RoomID, client1: DeviceID, client2: DeviceID) {
        self.roomID = roomID
        self.client1 = client1
        self.client2 = client2
    }
}
