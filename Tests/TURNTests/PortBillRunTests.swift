import Addresses
import STUN
import Testing
import Timing

@testable import TURN

/// Anything at all happens to allocations, and after each step every port that is not free stands on one bill: that of
/// who took it.
@Suite("Ports and bills, at random")
struct PortBillRunTests {
    @Test("The bills add up to the ports that are not free, whatever happens", arguments: UInt64(1)...8)
    func run(seed: UInt64) throws {
        var run = BillRun(seed: seed)
        for step in 0..<1_500 {
            try run.step()
            try run.check("seed \(seed), step \(step)")
        }
        try run.end()
    }
}

/// A stage with few ports, and what its sockets say about who has which.
private struct BillRun {
    private static let ports: ClosedRange<UInt16> = 50_000...50_023
    private static let addresses = (0..<4).map { IPAddress(v4: 0x0808_0400 + UInt32($0)) }

    private let stage: Stage
    private let clients: [Client]
    private let peer: TransportAddress
    private var random: SecretRandom
    private var tokens: [(token: UInt64, payer: IPAddress)] = []
    /// By relayed address: who took it, since it was taken.
    private var payers: [TransportAddress: IPAddress] = [:]
    private var used: Set<TransportAddress> = []
    /// Ports that rest, with the end of it, and whose they are; nobody's if something else had them.
    private var resting: [TransportAddress: (until: MonotonicTime, payer: IPAddress?)] = [:]

    init(seed: UInt64) {
        random = SecretRandom(seed: seed)
        let stage = Stage {
            $0.relayPorts = Self.ports
            $0.quotas.perUser = 9
            $0.quotas.perAddress = 14
        }
        self.stage = stage
        peer = TransportAddress(IPAddress(v4: 0xC629_0004), port: 5_000)
        clients = (0..<24).map { number in
            Client(
                stage, port: 40_000 + UInt16(number), ip: Self.addresses[number % Self.addresses.count],
                transport: number % 5 == 0 ? .tcp : .udp,
                username: number % 3 == 0 ? "bob" : "alice",
                password: number % 3 == 0 ? "builder" : "wonderland")
        }
    }

    mutating func step() throws {
        let client = clients[Int.random(in: 0..<clients.count, using: &random)]
        let before = taken()
        let busyBefore = stage.sockets.foundBusy.count
        var payer = client.tuple.client.ip
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1: client.allocate()
        case 2: client.allocate { $0.add(evenPortReservingNext: false) }
        case 3, 4:
            let answer = client.allocate { $0.add(evenPortReservingNext: true) }
            if let token = answer?.token { tokens.append((token, payer)) }
        case 5: client.allocate { $0.add(.additionalAddressFamily, .ipv6) }
        case 6:
            guard let held = tokens.randomElement(using: &random) else { return }
            client.allocate { $0.add(.reservationToken, held.token) }
            payer = held.payer
        case 7, 8: if !client.nonce.isEmpty { client.refresh(0) }
        case 9:
            guard !client.nonce.isEmpty else { return }
            _ = client.send(
                client.message(.refresh) {
                    $0.add(.lifetime, UInt32(0)); $0.add(.requestedAddressFamily, .ipv6)
                })
        case 10: send(client)
        case 11: receive()
        case 12: stage.pass(seconds: UInt32.random(in: 0...40, using: &random))
        case 13: stage.close(client.tuple)
        case 14:
            let port = UInt16.random(in: Self.ports, using: &random)
            stage.sockets.busyPorts = Bool.random(using: &random) ? [port] : []
        default:
            stage.sockets.fails = Int.random(in: 0..<8, using: &random) == 0
            stage.sockets.failsToHold = Int.random(in: 0..<4, using: &random) == 0
            if Int.random(in: 0..<40, using: &random) == 0 { stage.endAll() }
        }
        account(before, payer: payer)
        for address in stage.sockets.foundBusy[busyBefore...] {
            resting[address] = (stage.now.advanced(bySeconds: 120), nil)
        }
    }

    private func taken() -> Set<TransportAddress> {
        Set(stage.sockets.open.values).union(stage.sockets.held.values)
    }

    private mutating func account(_ before: Set<TransportAddress>, payer: IPAddress) {
        let after = taken()
        for address in after.subtracting(before) where payers[address] == nil { payers[address] = payer }
        for address in before.subtracting(after) {
            let payer = payers.removeValue(forKey: address)
            if used.remove(address) != nil {
                resting[address] = (stage.now.advanced(bySeconds: 120), payer)
            }
        }
        resting = resting.filter { stage.now < $0.value.until }
    }

    private mutating func send(_ client: Client) {
        guard !client.nonce.isEmpty else { return }
        client.permit(peer)
        guard let allocation = client.sendIndication(peer).allocation else { return }
        for (key, address) in stage.sockets.open where key.allocation == allocation && key.family == .ipv4 {
            used.insert(address)
        }
    }

    private mutating func receive() {
        let sockets = stage.sockets.open.sorted { "\($0.value)" < "\($1.value)" }
        guard let (key, address) = sockets.randomElement(using: &random) else { return }
        let from =
            key.family == .ipv4 ? peer : TransportAddress(IPAddress(v6High: 0x2A00 << 48, low: 1), port: 1)
        _ = stage.fromPeer(from, to: key.allocation)
        used.insert(address)
    }

    func check(_ place: Comment) throws {
        let pools = stage.authority.ports
        var held = 0
        for family in IPAddress.Family.allCases {
            let mine =
                payers.filter { $0.key.family == family }.map(\.value)
                + resting.filter { $0.key.family == family }.compactMap(\.value.payer)
            let busy = resting.count { $0.key.family == family && $0.value.payer == nil }
            try #require(pools.billedPortCount(family, at: stage.now) == mine.count, place)
            try #require(
                pools.freePortCount(family, at: stage.now) == Self.ports.count - mine.count - busy, place)
            try #require(pools.sum(family, at: stage.now) { $0.bills.sums.users } == mine.count, place)
            try #require(pools.sum(family, at: stage.now) { $0.bills.sums.addresses } == mine.count, place)
            for address in Self.addresses {
                let bill = pools.billedPortCount(family, of: address, at: stage.now)
                try #require(bill == mine.count { $0 == address }, place)
            }
            held += mine.count
        }
        try #require(stage.authority.quotas.total <= held, place)
    }

    mutating func end() throws {
        stage.endAll()
        stage.pass(seconds: 120)
        #expect(stage.authority.ports.freePortCount(at: stage.now) == 2 * Self.ports.count)
        #expect(stage.authority.quotas.total == 0)
        #expect(stage.authority.ports.restCount == 0)
    }
}
