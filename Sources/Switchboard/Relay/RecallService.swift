import Pairing
import ServiceLifecycle
import TURN

/// Tells the relay which rooms ended before this start: their credentials are still over.
struct RecallService: Service {
    let store: any PairingStore
    let relay: RelaySetup

    /// Tries once a second; for a database that could not be read at the start.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled, await !recall() { try? await Task.sleep(for: .seconds(1)) }
        }
    }

    /// Returns whether the store could say which.
    func recall() async -> Bool {
        let start = Timestamp.now().advanced(by: .zero - EndedRoom.isKeptFor)
        do throws(PairingStoreError) {
            relay.recall(try await store.endedRooms(since: start, limit: Revocations.maximumCount))
            return true
        } catch {
            return false
        }
    }
}
