import Addresses
import STUN
import Testing

@testable import TURN

@Suite("Clients of RFC 3489")
struct ClassicBindingTests {
    private let id: [UInt8] = (1...16).map { UInt8($0) }

    private func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

    private func request(_ attributes: [UInt8] = []) -> [UInt8] {
        joined([0, 1, 0, UInt8(attributes.count)], id, attributes)
    }

    @Test("Binding without the magic cookie tells the address in clear")
    func address() {
        let stage = Stage()
        #expect(
            stage.deliverBytes(request(), from: Client(stage).tuple)
                == joined([1, 1, 0, 12], id, [0, 1, 0, 8, 0, 1, 0x9C, 0x40, 8, 8, 4, 4]))
        let atHome = Client(stage, ip: IPAddress(v6High: 0x2A00_1450_4001_0800, low: 1))
        let ip: [UInt8] = [0x2A, 0, 0x14, 0x50, 0x40, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        #expect(
            stage.deliverBytes(request(), from: atHome.tuple)
                == joined([1, 1, 0, 24], id, [0, 1, 0, 20, 0, 2, 0x9C, 0x40], ip))
        #expect(stage.server.counters.bindings == 2)
    }

    @Test("What only RFC 3489 had is 420: another address to answer from, or to answer to")
    func unknown() {
        let stage = Stage()
        let tuple = Client(stage).tuple
        let changed: [UInt8] = [0, 3, 0, 4, 0, 0, 0, 6]
        let elsewhere: [UInt8] = [0, 2, 0, 8, 0, 1, 0, 80, 9, 9, 9, 9]
        // Clients of that time send CHANGE-REQUEST in any case.
        let unchanged = stage.deliverBytes(request([0, 3, 0, 4, 0, 0, 0, 0]), from: tuple)
        #expect(unchanged?.prefix(2) == [1, 1])
        #expect(
            stage.deliverBytes(request(changed), from: tuple)
                == joined([1, 0x11, 0, 16], id, [0, 9, 0, 4, 0, 0, 4, 20], [0, 10, 0, 4, 0, 3, 0, 3]))
        #expect(
            stage.deliverBytes(request(joined(elsewhere, changed)), from: tuple)
                == joined([1, 0x11, 0, 16], id, [0, 9, 0, 4, 0, 0, 4, 20], [0, 10, 0, 4, 0, 2, 0, 3]))
    }

    @Test("It is limited together with all that can be forged, and is nothing in a stream")
    func limited() {
        let stage = Stage {
            $0.unauthenticatedAnswersPerSecond = 1
            $0.unauthenticatedAnswerBurst = 3
        }
        let client = Client(stage)
        #expect((0..<10).count { _ in stage.deliverBytes(request(), from: client.tuple) != nil } == 3)
        #expect(client.challenge() == nil)
        #expect(stage.deliverBytes(request(), from: Client(stage, transport: .tcp).tuple) == nil)
    }

    @Test("It can be left unanswered")
    func off() {
        let stage = Stage { $0.answersClassicBinding = false }
        #expect(stage.deliverBytes(request(), from: Client(stage).tuple) == nil)
        #expect(Client(stage).challenge()?.code == 401)
    }

    @Test("No answer is more than 2.5 times as long, whatever is asked for")
    func amplification() {
        let stage = Stage { $0.unauthenticatedAnswersPerSecond = 0 }
        for ip in [IPAddress(v4: 0x0808_0404), IPAddress(v6High: 0x2A00_1450_4001_0800, low: 1)] {
            let tuple = Client(stage, ip: ip).tuple
            for count in 0...48 {
                let attributes = (0..<count).flatMap { [0x70, UInt8($0), 0, 0] as [UInt8] }
                let request = request(attributes)
                let answer = stage.deliverBytes(request, from: tuple)
                #expect(answer != nil && 2 * (answer?.count ?? 0) <= 5 * request.count)
            }
        }
    }
}
