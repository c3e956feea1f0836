import Access
import Pairing
import Testing

@Suite("Admission")
struct AdmissionTests {
    private static let (room, device) = (RoomID(stored: "r"), DeviceID(stored: "a"))
    private static let actions: [Ask.Action] = [
        .invite(by: device), .accept(by: device), .join(room), .credentials(room, for: device), .lookUp(room),
        .delete(room), .purge([device]),
    ]

    /// A store with the room `r`.
    private func store() async throws -> InMemoryPairingStore {
        let store = InMemoryPairingStore()
        let (code, now) = (JoinCode(stored: "1"), Timestamp(millisecondsSinceEpoch: 0))
        _ = try await store.create(
            code, client1: Self.device, expires: now.advanced(by: .seconds(1)), now: now)
        _ = try await store.accept(code, client2: DeviceID(stored: "b"), newRoom: Self.room, now: now)
        return store
    }

    @Test("Every kind of ask has an action")
    func kinds() {
        #expect(Set(Self.actions.map { Ask($0).kind }) == Set(Ask.Kind.allCases))
    }

    @Test("Open admits everything, and without being asked", arguments: actions)
    func open(_ action: Ask.Action) async {
        let ask = Ask(action)
        #expect(!OpenAdmission().considers(ask.kind))
        #expect(await OpenAdmission().verdict(on: ask).isAdmitted)
    }

    @Test("Paired considers joins only: of rooms that exist")
    func paired() async throws {
        let admission = PairedAdmission(try await store())
        #expect(Ask.Kind.allCases.filter(admission.considers) == [.join])
        for action in Self.actions { #expect(await admission.verdict(on: Ask(action)).isAdmitted) }
        let stranger = Ask(.join(RoomID(stored: "other")))
        guard case .refused = await admission.verdict(on: stranger) else {
            Issue.record("a room that was never paired may be joined")
            return
        }
    }

    @Test("Paired says so when the store cannot be asked, and does not take that for a no")
    func storeFails() async throws {
        let store = try await store()
        await store.close()
        let admission = PairedAdmission(store)
        guard case .unavailable(let error) = await admission.verdict(on: Ask(.join(Self.room))) else {
            Issue.record("a store that fails has decided")
            return
        }
        #expect((error as? PairingStoreError)?.code == .unavailable)
        #expect(await admission.verdict(on: Ask(.invite(by: Self.device))).isAdmitted)
    }

    @Test("The policy without a store is open")
    func policy() async throws {
        #expect(!RoomPolicy.paired.admission(nil).considers(.join))
        #expect(!RoomPolicy.open.admission(try await store()).considers(.join))
        #expect(RoomPolicy.paired.admission(try await store()).considers(.join))
    }
}

extension Verdict {
    fileprivate var isAdmitted: Bool {
        switch self {
        case .admitted: true
        case .refused, .unavailable: false
        }
    }
}
