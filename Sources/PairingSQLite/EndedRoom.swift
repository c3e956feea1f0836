package import Pairing

/// A room that was deleted, by whichever program.
package struct EndedRoom: Equatable, Sendable {
    package let roomID: RoomID
    /// When, in whole seconds of SQLite's clock.
    package let ended: Timestamp
}
