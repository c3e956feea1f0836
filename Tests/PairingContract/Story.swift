package import Pairing
import Synchronization
package import Testing

/// The names and instants that the tests' stories use.
package enum Story {
    package static let code = JoinCode(stored: "123456")
    package static let otherCode = JoinCode(stored: "654321")
    package static let alice = DeviceID(stored: "alice")
    package static let bob = DeviceID(stored: "bob")
    package static let carol = DeviceID(stored: "carol")
    package static let now = Timestamp(millisecondsSinceEpoch: 1_900_000_000_000)
    package static let expiry = now.advanced(by: .seconds(600))

    package static func room(_ number: Int) -> RoomID { RoomID(stored: "room-\(number)") }
}

/// Keeps what a store publishes until it is read.
package final class Newspaper: Sendable {
    private let events = Mutex<[PairingEvent]>([])

    /// Makes an empty one.
    package init() {}

    /// Takes one event; for a subscription.
    @Sendable
    package func print(_ event: PairingEvent) { events.withLock { $0.append(event) } }

    /// What came since the last look.
    package var read: [PairingEvent] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

/// Expects `body` to throw the store's error with this code.
package func expectFailure(
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
