import Pairing
import PairingSQLite
import Synchronization
import Testing

/// The stores that must keep the contract.
enum StoreKind: CaseIterable, CustomTestStringConvertible {
    case memory
    case sqlite

    var testDescription: String {
        switch self {
        case .memory: "in memory"
        case .sqlite: "on SQLite"
        }
    }

    /// Runs `body` with an empty store.
    func withStore(_ body: (any PairingStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(InMemoryPairingStore())
        case .sqlite:
            let directory = try TemporaryDirectory()
            let store = try SQLitePairingStore(path: directory.file("chat.db"))
            try await body(store)
            await store.close()
        }
    }
}

/// The names and instants that the tests' stories use.
enum Story {
    static let code = JoinCode(stored: "123456")
    static let otherCode = JoinCode(stored: "654321")
    static let alice = DeviceID(stored: "alice")
    static let bob = DeviceID(stored: "bob")
    static let carol = DeviceID(stored: "carol")
    static let now = Timestamp(millisecondsSinceEpoch: 1_900_000_000_000)
    static let expiry = now.advanced(by: .seconds(600))

    static func room(_ number: Int) -> RoomID { RoomID(stored: "room-\(number)") }
}

/// Keeps what a store publishes until it is read.
final class Newspaper: Sendable {
    private let events = Mutex<[PairingEvent]>([])

    @Sendable
    func print(_ event: PairingEvent) { events.withLock { $0.append(event) } }

    /// What came since the last look.
    var read: [PairingEvent] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

/// Expects `body` to throw the store's error with this code.
func expectFailure(
    _ code: PairingStoreError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("expected \(code), but nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as PairingStoreError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected \(code), got \(error)", sourceLocation: sourceLocation)
    }
}

/// Waits until `condition` holds, two minutes at most: all tests of the package share a few threads.
func eventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("the condition did not come true in two minutes", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
