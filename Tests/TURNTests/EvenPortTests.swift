import Addresses
import STUN
import Testing
import Timing

@testable import TURN

@Suite("EVEN-PORT and RESERVATION-TOKEN (RFC 8656 §7.2)")
struct EvenPortTests {
    @Test("A pair: an even port, and the next one by its token on another five-tuple")
    func pair() throws {
        let stage = Stage()
        let answer = try #require(Client(stage).allocate { $0.add(evenPortReservingNext: true) })
        let even = try #require(answer.relayed)
        #expect(even.port % 2 == 0)
        let token = try #require(answer.token)
        #expect(stage.authority.quotas.total == 2)
        let second = Client(stage, port: 41_000).allocate { $0.add(.reservationToken, token) }
        #expect(second?.relayed?.port == even.port + 1)
        #expect(stage.authority.quotas.total == 2)
        #expect(Client(stage, port: 42_000).allocate { $0.add(.reservationToken, token) }?.code == 508)
    }

    @Test(
        "The port after the even one has its socket from the beginning, and the second allocation gets that one"
    )
    func heldSocket() throws {
        let stage = Stage()
        let answer = try #require(Client(stage).allocate { $0.add(evenPortReservingNext: true) })
        let next = try #require(answer.relayed).port + 1
        #expect(stage.sockets.held.values.map(\.port) == [next])
        let token = try #require(answer.token)
        stage.sockets.busyPorts = [next]
        #expect(Client(stage, port: 41_000).allocate { $0.add(.reservationToken, token) }?.isSuccess == true)
        #expect(stage.sockets.held.isEmpty)
    }

    @Test("If something else holds the port after the even one, another pair is drawn")
    func busyNext() throws {
        let stage = Stage { $0.relayPorts = 50_000...50_003 }
        stage.sockets.busyPorts = [50_001]
        #expect(Client(stage).allocate { $0.add(evenPortReservingNext: true) }?.relayed?.port == 50_002)
        #expect(stage.sockets.open.count == 1 && stage.sockets.held.count == 1)
        #expect(stage.authority.quotas.total == 2)
    }

    @Test("The sockets of reservations are closed when these end, and when the server stops")
    func releasedSockets() throws {
        let stage = Stage()
        _ = try #require(Client(stage).allocate { $0.add(evenPortReservingNext: true) }?.token)
        #expect(stage.sockets.held.count == 1)
        stage.pass(seconds: 30)
        #expect(stage.sockets.held.isEmpty)
        _ = try #require(Client(stage, port: 41_000).allocate { $0.add(evenPortReservingNext: true) }?.token)
        #expect(stage.sockets.held.count == 1)
        stage.endAll()
        #expect(stage.sockets.held.isEmpty && stage.authority.quotas.total == 0)
    }

    @Test("The second allocation may reach another loop")
    func otherLoop() throws {
        let stage = Stage()
        let token = try #require(Client(stage).allocate { $0.add(evenPortReservingNext: true) }?.token)
        let other = Stage(authority: stage.authority, loop: 1)
        #expect(Client(other, port: 41_000).allocate { $0.add(.reservationToken, token) }?.isSuccess == true)
    }

    @Test("Without R no port is held: a range of two pairs gives both even ports")
    func withoutReservation() {
        let stage = Stage {
            $0.relayPorts = 50_000...50_003
            $0.quotas.perUser = 0
        }
        let ports = (0..<2).map {
            Client(stage, port: 40_000 + $0).allocate { $0.add(evenPortReservingNext: false) }
        }
        #expect(Set(ports.map { $0?.relayed?.port }) == [50_000, 50_002])
        #expect(ports.allSatisfy { $0?.token == nil })
        #expect(stage.authority.ports.freePortCount(at: stage.now) == 2 + 4)
        #expect(Client(stage, port: 42_000).allocate { $0.add(evenPortReservingNext: false) }?.code == 508)
        #expect(Client(stage, port: 42_000).allocate()?.isSuccess == true)
    }

    @Test("A reservation that nobody redeems in 30 s ends: its port and its quota are free")
    func reservationEnds() throws {
        let stage = Stage {
            $0.relayPorts = 50_000...50_001
            $0.quotas.perUser = 2
        }
        let token = try #require(Client(stage).allocate { $0.add(evenPortReservingNext: true) }?.token)
        let late = Client(stage, port: 41_000)
        stage.passUnnoticed(seconds: 29)
        #expect(late.allocate()?.code == 486)
        stage.passUnnoticed(seconds: 1)
        #expect(late.allocate { $0.add(.reservationToken, token) }?.code == 508)
        #expect(stage.authority.quotas.total == 1)
        #expect(stage.authority.ports.freePortCount(.ipv4, at: stage.now) == 1)
        let other = Client(stage, port: 42_000, username: "bob", password: "builder")
        #expect(other.allocate()?.isSuccess == true)
    }

    @Test("A reservation is the server's business after the last allocation has ended")
    func reservationAlone() throws {
        let stage = Stage { $0.relayPorts = 50_000...50_001 }
        let client = Client(stage)
        _ = try #require(client.allocate { $0.add(evenPortReservingNext: true) }?.token)
        #expect(client.refresh(0)?.isSuccess == true)
        #expect(stage.authority.quotas.total == 1)
        let deadline = stage.server.nextDeadline
        #expect(deadline == stage.now.advanced(bySeconds: 30))
        stage.passUnnoticed(seconds: 10)
        _ = try #require(Client(stage, port: 41_000).allocate()?.code)
        let same = stage.server.nextDeadline
        #expect(same == deadline)
        stage.pass(seconds: 20)
        #expect(stage.authority.quotas.total == 0)
        let later = stage.server.nextDeadline
        #expect(later == nil)
    }

    @Test("A token is good for its user only")
    func otherUser() throws {
        let stage = Stage()
        let token = try #require(Client(stage).allocate { $0.add(evenPortReservingNext: true) }?.token)
        let thief = Client(stage, port: 41_000, username: "bob", password: "builder")
        #expect(thief.allocate { $0.add(.reservationToken, token) }?.code == 508)
        #expect(Client(stage, port: 42_000).allocate { $0.add(.reservationToken, token) }?.isSuccess == true)
    }

    @Test("A reservation counts against the quota")
    func quota() {
        let stage = Stage { $0.quotas.perUser = 1 }
        #expect(Client(stage).allocate { $0.add(evenPortReservingNext: true) }?.code == 486)
        #expect(stage.sockets.asked.isEmpty && stage.authority.quotas.total == 0)
        #expect(Client(stage).allocate()?.isSuccess == true)
    }

    @Test("If something else holds the even port, another pair is drawn, and the next port is free again")
    func busyPair() throws {
        let stage = Stage { $0.relayPorts = 50_000...50_003 }
        stage.sockets.busyPorts = [50_000]
        let answer = Client(stage).allocate { $0.add(evenPortReservingNext: true) }
        #expect(answer?.relayed?.port == 50_002)
        #expect(stage.authority.ports.freePortCount(.ipv4, at: stage.now) == 1)
        #expect(stage.authority.ports.billedPortCount(.ipv4, at: stage.now) == 2)
    }
}
