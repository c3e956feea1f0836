/// A room that was deleted, by any program.
package struct EndedRoom: Equatable, Sendable {
    /// How long the end of a room is remembered: as long as any credential may live.
    package static let isKeptFor = Duration.seconds(604_800)

    /// The room that was deleted.
    package let roomID: RoomID
    /// When, in whole seconds of the store's clock.
    package let ended: Timestamp

    /// Makes the record of an end.
    package init(roomID: RoomID, ended: Timestamp) {
        self.roomID = roomID
        self.ended = ended
    }
}
