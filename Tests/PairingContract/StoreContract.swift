package import Pairing
import Testing

/// What every store must do, whatever it keeps its rows in.
///
/// The tests of a store run each of ``clauses`` with an empty store of their own:
///
///     @Test("It keeps the contract", arguments: StoreContract.clauses)
///     func contract(_ clause: StoreContract.Clause) async throws {
///         try await clause.check(MyStore())
///     }
package enum StoreContract {
    /// One thing that a store must do.
    package struct Clause: Sendable, CustomTestStringConvertible {
        /// A sentence about behaviour.
        package let testDescription: String
        /// Records an issue of the running test for what the store does otherwise. Expects an empty store.
        package let check: @Sendable (any PairingStore) async throws -> Void

        init(_ sentence: String, _ check: @escaping @Sendable (any PairingStore) async throws -> Void) {
            testDescription = sentence
            self.check = check
        }
    }

    /// Everything, a test each.
    package static let clauses = stories + news + life + crowds

    static func create(_ store: any PairingStore, _ device: DeviceID, code: JoinCode = Story.code)
        async throws
    {
        let outcome = try await store.create(code, client1: device, expires: Story.expiry, now: Story.now)
        #expect(outcome == .created(expires: Story.expiry))
    }

    static func accept(
        _ store: any PairingStore, _ device: DeviceID, room: Int, now: Timestamp = Story.now
    ) async throws -> AcceptOutcome {
        try await store.accept(Story.code, client2: device, newRoom: Story.room(room), now: now)
    }

    static func check(
        _ store: any PairingStore, _ device: DeviceID = Story.alice, now: Timestamp = Story.now
    ) async throws -> CheckOutcome {
        try await store.check(Story.code, client1: device, now: now)
    }
}
