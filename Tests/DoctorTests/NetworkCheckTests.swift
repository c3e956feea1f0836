import Addresses
import Glibc
import RelayServer
import SettingFixtures
import Settings
import Synchronization
import TURN
import Testing

@testable import Doctor

@Suite("The doctor and the network")
struct NetworkCheckTests {
    // MARK: Addresses

    @Test("What peers are told has to be an address that they can send to")
    func addresses() async throws {
        func on(_ address: IPAddress, _ environment: [String: String] = [:]) async throws -> Finding.Level? {
            try await findings(.address, environment) {
                $0.addresses = { [.loopbackIPv4, address] }
                $0.preferredAddress = { $0 == .ipv4 ? address : nil }
            }[.addressPublic]
        }
        #expect(try await on(.publicAddress) == .ok)
        #expect(try await on(.privateAddress) == .warning)
        #expect(try await on(.privateAddress, ["RELAY_EXTERNAL_IPS": "11.0.0.5"]) == .ok)
        #expect(try await on(.privateAddress, ["RELAY_EXTERNAL_IPS": "192.168.1.1"]) == .warning)
        #expect(try await on(.loopbackIPv4) == .notice)
        #expect(try await findings(.address, ["RELAY_IPS": "11.9.9.9"])[.addressRelay] == .error)
    }

    @Test("The name that clients are told has to lead here")
    func names() async throws {
        func leading(to addresses: [IPAddress]) async throws -> [Finding] {
            try await findings(.address, ["ICE_HOST": "calls.example.org"]) {
                $0.resolve = { _ in addresses }
            }
        }
        #expect(try await leading(to: [.publicAddress])[.addressName] == .ok)
        #expect(try await leading(to: [])[.addressName] == .error)
        #expect(try await leading(to: [.privateAddress])[.addressName] == .warning)
        #expect(try await leading(to: [.publicAddress, .privateAddress])[.addressName] == .warning)
        #expect(try await leading(to: [.loopbackIPv4])[.addressName] == .notice)
        let noName = try await findings(.address, ["RELAY_CERT": "a", "RELAY_KEY": "b"])
        #expect(noName[.addressHost] == .warning)
        let six = try await findings(.address, ["ICE_HOST": "a.example", "RELAY_LISTEN_IPS": "0.0.0.0"]) {
            let address = IPAddress(v6High: 0x2600_0000_0000_0000, low: 1)
            $0.addresses = { [.publicAddress, address] }
            $0.resolve = { _ in [.publicAddress, address] }
        }
        #expect(six[.addressName] == .warning && six.text.contains("AAAA"))
    }

    @Test("A relay elsewhere has to have an address, and none at all is worth knowing")
    func elsewhere() async throws {
        #expect(try await findings(.address, ["USE_RELAY": "0"])[.addressRelay] == .notice)
        let urls = ["TURN_URLS": "turn:turn.example:3478?transport=udp"]
        #expect(try await findings(.address, urls)[.addressName] == .ok)
        #expect(try await findings(.address, urls) { $0.resolve = { _ in [] } }[.addressName] == .error)
    }

    @Test("The range of ports is compared with the quota, and with what else has ports in it")
    func range() async throws {
        #expect(try await findings(.range)[.rangeSize] == .ok)
        #expect(try await findings(.range)[.unfinished] == nil)
        let unreadable = try await findings(.range) { $0.kernelText = { _ in nil } }
        #expect(unreadable[.unfinished] == .notice, "the kernel's tables cannot be read")
        #expect(try await findings(.range, ["RELAY_MIN_PORT": "65500"])[.rangeSize] == .warning)
        #expect(try await findings(.range, ["RELAY_MIN_PORT": "60000"])[.rangeSize] == .notice)
        #expect(
            try await findings(.range, ["RELAY_MIN_PORT": "3000", "RELAY_MAX_PORT": "30000"])[.rangeOverlap]
                == .warning)
        let busy = (0..<100).map {
            "\($0): 00000000:\(String(65_000 + $0, radix: 16)) 00000000:0000 07 0:0 00:0 0 0 0 \($0) 2 0"
        }
        let settings = ["RELAY_MIN_PORT": "64900", "RELAY_TOTAL_QUOTA": "100"]
        let taken = try await findings(.range, settings) {
            $0.kernelText = { $0 == "/proc/net/udp" ? "head\n" + busy.joined(separator: "\n") : nil }
        }
        #expect(taken[.rangeOverlap] == .warning, "\(taken.text)")
    }

    // MARK: Reaching and relaying

    @Test("An own address that is not reached is an error, one behind a NAT proves nothing")
    func reach() async throws {
        let own = try await findings(.reachability)
        #expect(own.worst == .ok && own.text.contains("from this machine itself: PORT 8080/tcp"))
        #expect(own.text.contains("/check/") && !own.text.contains("is reached"))
        #expect(try await findings(.reachability) { $0.reach = { _ in .silent } }[.reachable] == .error)
        let behind = try await findings(.reachability, ["ICE_HOST": "calls.example.org"]) {
            $0.resolve = { _ in [IPAddress(v4: 0x0B00_0005)] }
            $0.reach = { _ in .refused(ECONNREFUSED) }
        }
        #expect(behind[.reachable] == .notice && behind.text.contains("connection refused"))
        let through = try await findings(.reachability, ["ICE_HOST": "calls.example.org"]) {
            $0.resolve = { _ in [IPAddress(v4: 0x0B00_0005)] }
        }
        #expect(
            through.worst == .ok && through.text.contains("11.0.0.5 can be reached from here: PORT 8080/tcp"))
        let lonely = try await findings(.reachability, ["HOST": "127.0.0.1", "USE_RELAY": "0"])
        #expect(lonely.worst == .ok)
    }

    @Test("What listens is asked, and a listener is opened only where nothing does")
    func listeners() async throws {
        let seen = Seen()
        let reach: @Sendable (ReachProbe) -> ReachProbe.Outcome = { probe in
            seen.add(probe.listener == nil)
            return .reached
        }
        _ = try await findings(.reachability) { $0.reach = reach }
        #expect(seen.take() == [false, false, false])
        _ = try await findings(.reachability, server: .ready) {
            $0.reach = reach
            $0.bind = { _ in EADDRINUSE }
        }
        #expect(seen.take() == [true, true, true])
        _ = try await findings(.reachability, ["HOST": "::", "USE_RELAY": "0"]) {
            $0.reach = { probe in
                seen.add(probe.listener?.isDualStack == true && probe.listener?.address.ip == .anyIPv6)
                return .reached
            }
        }
        #expect(seen.take() == [true])
    }

    @Test("A relay is tried where none runs, and a running one is asked with a credential")
    func turn() async throws {
        #expect(try await findings(.turn).worst == .ok)
        let lost = try await findings(.turn) {
            $0.tryRelay = { _ in .tried(udp: .failed(.relay), tcp: .works) }
        }
        #expect(lost[.turnWorks] == .error && lost.text.contains("over UDP"))
        #expect(try await findings(.turn) { $0.tryRelay = { _ in .cannotStart("no") } }[.turnWorks] == .error)
        #expect(
            try await findings(.turn, server: .ready) { $0.tryRelay = { _ in .cannotStart("no") } }.worst
                == .ok)
        let secret = ["RELAY_SECRETS": "north"]
        #expect(try await findings(.turn, secret, server: .ready).count == 3)
        let refused = try await findings(.turn, secret, server: .ready) {
            $0.allocate = { _ in .failed(.allocate) }
        }
        #expect(refused[.turnWorks] == .error && refused.text.contains("secret"))
    }

    @Test("A relay elsewhere is asked too, with what clients are handed")
    func turnElsewhere() async throws {
        let urls = ["TURN_URLS": "turn:[2600::1]:99?transport=tcp,stun:a.example,turns:b.example"]
        let seen = Seen()
        _ = try await findings(.turn, urls.merging(["RELAY_USERS": "joe:pw"]) { $1 }) {
            $0.allocate = { probe in
                seen.add(
                    probe.server.description == "[2600::1]:99" && probe.transport == .tcp
                        && probe.credential == TimeLimitedCredential(username: "joe", credential: "pw"))
                return .works
            }
        }
        #expect(seen.take() == [true])
        #expect(try await findings(.turn, urls)[.turnWorks] == .error)
    }

    @Test("A server is known by its answers, and says why it is not ready")
    func server() async throws {
        let values = try await values()
        var machine = healthyMachine()
        #expect(OwnServer.find(values, on: machine) == nil)
        machine.get = { path, _ in
            path == "/healthz"
                ? .init(status: 200, body: #"{"status":"ok"}"#)
                : .init(
                    status: 503, body: #"{"error":"unavailable","message":"The store cannot answer now."}"#)
        }
        let sick = OwnServer.find(values, on: machine)
        #expect(
            sick == RunningServer(isReady: false, problem: "The store cannot answer now", relayIsReady: false)
        )
        #expect(try await findings(.server, server: sick)[.serverRunning] == .error)
        machine.get = { path, _ in
            .init(
                status: 200,
                body: path == "/healthz" ? #"{"status":"ok"}"# : #"{"status":"ready","relay":"ready"}"#)
        }
        #expect(OwnServer.find(values, on: machine)?.relayIsReady == true)
        #expect(try await findings(.server, server: .ready)[.serverRunning] == .ok)
        #expect(try await findings(.server)[.serverRunning] == .ok)
    }

    @Test("Answers of web servers are read, and what is none is not")
    func answers() {
        #expect(
            HTTPProbe.Answer(Array("HTTP/1.1 503 No\r\nA: b\r\n\r\nbody".utf8))
                == .init(status: 503, body: "body"))
        for text in ["", "HTTP/1.1", "HTTP/1.1 200", "SSH-2.0\r\n\r\n", "HTTP/1.1 x\r\n\r\n"] {
            #expect(HTTPProbe.Answer(Array(text.utf8)) == nil)
        }
    }

    @Test(
        "On loopback a listener of the probe's own is reached, over UDP and TCP",
        arguments: [
            Endpoint.Transport.udp, .tcp,
        ])
    func realReach(transport: Endpoint.Transport) throws {
        // Port 0 cannot be told beforehand: take one that was free a moment ago, and another if it is not any more.
        for _ in 0..<20 {
            let address = TransportAddress(.loopbackIPv4, port: .random(in: 20_000...32_000))
            let endpoint = Endpoint(address: address, transport: transport)
            let outcome = ReachProbe(target: endpoint, listener: endpoint).run()
            if case .cannotListen = outcome { continue }
            #expect(outcome == .reached)
            return
        }
        Issue.record("no port was free")
    }

    @Test("Addresses that cannot be read are not taken for none")
    func unreadableAddresses() async throws {
        let exhausted = HostAddressesError(errorNumber: EMFILE)
        func blind(_ check: DoctorCheck) async throws -> [Finding] {
            try await findings(check) {
                $0.addresses = { () throws(HostAddressesError) in throw exhausted }
                $0.preferredAddress = { (_) throws(HostAddressesError) in throw exhausted }
            }
        }
        let addresses = try await blind(.address)
        #expect(addresses[.addressRelay] == .error)
        #expect(addresses.text.contains("cannot be read: Too many open files"), "\(addresses.text)")
        #expect(try await blind(.reachability)[.unfinished] == .notice)
        #expect(try await blind(.turn)[.unfinished] == .notice)
    }

    @Test("A relay with the settings of a plan is started, tried and stopped")
    func realRelay() async throws {
        let values = try await values(environment: [
            "RELAY_IPS": "127.0.0.1", "RELAY_LISTEN_IPS": "127.0.0.1",
        ])
        #expect(
            TURNProbe.tryRelay(try RelayPlan(values, host: .ofThisMachine()))
                == .tried(udp: .works, tcp: .works))
    }
}

/// Collects what closures of a machine are asked.
private final class Seen: Sendable {
    private let values = Mutex<[Bool]>([])

    func add(_ value: Bool) { values.withLock { $0.append(value) } }

    func take() -> [Bool] {
        values.withLock { values in
            defer { values = [] }
            return values
        }
    }
}
