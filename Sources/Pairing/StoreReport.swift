/// What is in a store and what is wrong with it, for operators.
package struct StoreReport: Equatable, Sendable {
    /// What the rows are kept in, as its makers write it: `SQLite`.
    package let engine: String
    /// The engine's version.
    package let version: String
    /// How many invitations there are, expired ones included.
    package let pendings: Int
    /// How many rooms there are.
    package let rooms: Int
    /// The engine's complaints about the data, at most 100; empty if it is sound or was not searched for damage.
    package let damage: [String]
    /// What the store lacks of its schema and adds when it is opened, as `index idx_rooms_client1`.
    package let missing: [String]

    /// Makes a report.
    package init(
        engine: String, version: String, pendings: Int, rooms: Int, damage: [String] = [],
        missing: [String] = []
    ) {
        self.engine = engine
        self.version = version
        self.pendings = pendings
        self.rooms = rooms
        self.damage = damage
        self.missing = missing
    }

    /// Whether the data is undamaged and the schema whole.
    package var isSound: Bool { damage.isEmpty && missing.isEmpty }
}
