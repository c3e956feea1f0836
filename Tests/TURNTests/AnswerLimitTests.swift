import Addresses
import STUN
import Testing

@testable import TURN

@Suite("What can be forged and what cannot are limited apart")
struct AnswerLimitTests {
    private let address = IPAddress(v4: 0x0808_0808)

    /// A server that answers strangers five times, then once a second.
    private func sparing(_ configure: (inout TURNConfiguration) -> Void = { _ in }) -> Stage {
        Stage {
            $0.unauthenticatedAnswersPerSecond = 1
            $0.unauthenticatedAnswerBurst = 5
            configure(&$0)
        }
    }

    private func binding(nonce: [UInt8]? = nil) -> [UInt8] {
        var writer = MessageWriter()
        writer.begin(.request, .binding, TransactionID(high: 1, low: 2))
        if let nonce { writer.add(.nonce, bytes: nonce) }
        return Array(writer.buffer)
    }

    /// Sends datagrams in the name of an address until they are answered no more.
    private func forge(_ stage: Stage, _ ip: IPAddress) {
        let tuple = Client(stage, port: 666, ip: ip).tuple
        for _ in 0..<100 { _ = stage.deliver(binding(), from: tuple) }
        #expect(stage.deliver(binding(), from: tuple) == nil)
    }

    @Test(
        "Datagrams in an address's name leave its streams their answers",
        arguments: [.tcp, .tls] as [ClientTransport])
    func streams(transport: ClientTransport) {
        let stage = sparing()
        for port in 40_000..<40_004 as Range<UInt16> {
            forge(stage, address)
            let client = Client(stage, port: port, ip: address, transport: transport)
            #expect(client.allocate()?.isSuccess == true)
        }
        // Nobody there without a nonce can be told from a forger.
        #expect(Client(stage, port: 50_000, ip: address).challenge() == nil)
    }

    @Test("They leave those their answers that have a nonce: what is wrong, and a new nonce")
    func nonces() throws {
        let stage = sparing { $0.allocationSeconds = 3600 }
        let client = Client(stage, ip: address)
        #expect(client.allocate()?.isSuccess == true)
        let mistaken = Client(stage, port: 41_000, ip: address, password: "wrong")
        mistaken.nonce = client.nonce
        forge(stage, address)
        #expect(mistaken.allocate()?.code == 401)
        #expect(stage.deliver(binding(nonce: client.nonce), from: client.tuple)?.isSuccess == true)
        stage.pass(seconds: 3599)
        #expect(client.refresh()?.isSuccess == true)
        stage.pass(seconds: 3599)
        forge(stage, address)
        // Its time is over, and the call is not.
        let stale = try #require(client.refresh())
        #expect(stale.code == 438)
        client.nonce = try #require(stale.value(.nonce))
        #expect(client.refresh()?.isSuccess == true)
    }

    @Test("A nonce that is made up, another address's or long over proves nothing")
    func noProof() {
        let stage = sparing()
        let client = Client(stage, ip: address)
        client.challenge()
        let elsewhere = Client(stage, ip: IPAddress(v4: 0x0808_0809))
        elsewhere.challenge()
        forge(stage, address)
        let own = client.nonce
        for nonce in [elsewhere.nonce, Array(repeating: 0x41, count: own.count), Array(own.dropLast())] {
            client.nonce = nonce
            #expect(client.allocate() == nil)
        }
        client.nonce = own
        stage.pass(seconds: 7199)
        forge(stage, address)
        #expect(client.refresh()?.code == 438)
        stage.pass(seconds: 1)
        forge(stage, address)
        #expect(client.refresh() == nil)
    }

    @Test("Each of the three is limited by itself, and none uses up another's answers")
    func bounded() {
        let stage = sparing()
        let datagrams = Client(stage, ip: address, password: "wrong")
        datagrams.challenge()
        let nonce = datagrams.nonce
        forge(stage, address)
        #expect((0..<100).count { _ in datagrams.allocate() != nil } == 5)
        for transport in [ClientTransport.tcp, .tls] {
            let stream = Client(stage, ip: address, transport: transport, password: "wrong")
            stream.nonce = nonce
            // TCP and TLS are one.
            #expect((0..<100).count { _ in stream.allocate() != nil } == (transport == .tcp ? 5 : 0))
        }
        stage.pass(seconds: 2)
        #expect((0..<100).count { _ in datagrams.allocate() != nil } == 2)
        let stream = Client(stage, ip: address, transport: .tls)
        #expect((0..<100).count { _ in stream.send(binding()) != nil } == 2)
    }

    @Test("Forgers of many addresses take no places where streams are counted")
    func places() {
        let stage = sparing()
        let stream = Client(stage, ip: address, transport: .tcp)
        #expect((0..<100).count { _ in stream.send(binding()) != nil } == 5)
        for number in 0..<50_000 as Range<UInt32> {
            let forged = Client(stage, ip: IPAddress(v4: number &* 2_654_435_761))
            _ = stage.deliver(binding(), from: forged.tuple)
        }
        #expect(stream.send(binding()) == nil)
    }
}
