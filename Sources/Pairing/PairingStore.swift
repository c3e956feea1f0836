/// Keeps invitations (pendings) and rooms.
///
/// Every call is one transaction: it happens whole or not at all, and calls that run at once behave as if
/// one came after the other. When a durable store returns, the change has reached the disk. Time and
/// randomness are arguments; a pending whose expiry is not later than `now` does not exist for any call.
///
/// All methods may be called from any task and suspend while they wait; none blocks the calling thread.
package protocol PairingStore: Sendable {
    /// What this store does, for others than the caller: every accept that leads to a room, and every room that it
    /// deletes. Told when the change is durable, before the call returns.
    var events: PairingEvents { get }

    /// Claims a code for `client1` until `expires`, or gives its own unaccepted claim the new expiry.
    ///
    /// - Parameter expires: later than `now`; the caller has checked it.
    func create(
        _ code: JoinCode, client1: DeviceID, expires: Timestamp, now: Timestamp
    ) async throws(PairingStoreError) -> CreateOutcome

    /// Pairs `client2` with the maker of the invitation.
    ///
    /// The device that was paired gets the same room again for as long as the pending lives.
    ///
    /// - Parameter newRoom: a freshly drawn id, used if this call makes the pairing.
    func accept(
        _ code: JoinCode, client2: DeviceID, newRoom: RoomID, now: Timestamp
    ) async throws(PairingStoreError) -> AcceptOutcome

    /// Tells `client1` whether its invitation was accepted; if so, deletes the pending with the answer.
    func check(
        _ code: JoinCode, client1: DeviceID, now: Timestamp
    ) async throws(PairingStoreError) -> CheckOutcome

    /// Looks a room up; `nil` if there is none.
    func room(_ id: RoomID) async throws(PairingStoreError) -> PairedRoom?

    /// Deletes a room.
    ///
    /// - Returns: whether there was one. A pending that was accepted into it is dead from then on.
    func deleteRoom(_ id: RoomID) async throws(PairingStoreError) -> Bool

    /// Deletes every pending and every room in which one of the devices is `client1` or `client2`.
    ///
    /// - Returns: which rooms there were, and how many pendings.
    func purge(_ devices: [DeviceID]) async throws(PairingStoreError) -> Purged

    /// Deletes the pendings whose expiry is not later than `now`.
    ///
    /// - Returns: how many there were.
    func sweepExpired(now: Timestamp) async throws(PairingStoreError) -> Int

    /// Answers if the store can read and could write now, and throws if not.
    func checkHealth() async throws(PairingStoreError)
}
