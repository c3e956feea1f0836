/// Keeps invitations (pendings) and rooms.
///
/// This is all that the server, its commands and the doctor know of a store; what each must do is written down as tests
/// (`Tests/PairingContract`). A store works without ``open()``; after ``close()`` every call throws `unavailable`.
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

    /// Deletes the pendings whose expiry is not later than `now`, and forgets ends of rooms that are
    /// ``EndedRoom/isKeptFor`` ago.
    ///
    /// - Returns: how many pendings there were.
    func sweepExpired(now: Timestamp) async throws(PairingStoreError) -> Int

    /// The rooms that were deleted after an instant, the first to end first; beyond `limit` only the last to end.
    ///
    /// Their ends are remembered for ``EndedRoom/isKeptFor``, whatever program deleted them.
    func endedRooms(since start: Timestamp, limit: Int) async throws(PairingStoreError) -> [EndedRoom]

    /// Answers if the store can read and could write now, and throws if not.
    func checkHealth() async throws(PairingStoreError)

    /// Opens the store now, creates what is missing in it, and tells what is there, without a search for damage.
    ///
    /// The first call does the same by itself; this is for `db init` and for a start that wants to say early what is wrong.
    func open() async throws(PairingStoreError) -> StoreReport

    /// Reads the whole store and tells what is wrong with it; changes nothing, and creates nothing that is missing.
    func inspect() async throws(PairingStoreError) -> StoreReport

    /// Answers what waits, then lets go of everything. Later calls throw `unavailable`.
    func close() async
}
