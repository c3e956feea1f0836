/// One room as the debugging list shows it.
package struct RoomSummary: Equatable, Sendable {
    /// The room's id.
    package let roomID: String
    /// 1 or 2.
    package let userCount: Int
    /// Whether both seats are taken.
    package var isFull: Bool { userCount == 2 }

    /// - Parameter userCount: 1 or 2.
    package init(roomID: String, userCount: Int) {
        self.roomID = roomID
        self.userCount = userCount
    }
}
