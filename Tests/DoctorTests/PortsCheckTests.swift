import Addresses
import Glibc
import Testing

@testable import Doctor

@Suite("The doctor and ports")
struct PortsCheckTests {
    @Test("Free ports are fine")
    func free() async throws {
        let found = try await findings(.ports)
        #expect(
            found.worst == .ok
                && found.text.contains("PORT 8080/tcp, RELAY_PORT 3478/udp, RELAY_PORT 3478/tcp"))
        #expect(try await findings(.ports, ["PORT": "0", "USE_RELAY": "0"]).worst == .ok)
    }

    @Test("Ports of a running switchboard are no fault, those of others are")
    func taken() async throws {
        let ours = try await findings(.ports, server: .ready) {
            $0.bind = { _ in EADDRINUSE }
            $0.owner = { _ in ProcessFacts(id: 77, name: "switchboard") }
        }
        #expect(ours.worst == .ok && ours.text.contains("the running switchboard has"))
        let theirs = try await findings(.ports) {
            $0.bind = { $0.address.port == 8080 ? EADDRINUSE : 0 }
            $0.owner = { _ in ProcessFacts(id: 5, name: "nginx") }
        }
        #expect(theirs[.portsFree] == .error && theirs.text.contains("nginx (process 5)"))
        let stranger = try await findings(.ports, server: .ready) {
            $0.bind = { $0.address.port == 3478 ? EADDRINUSE : 0 }
            $0.owner = { _ in ProcessFacts(id: 5, name: "turnserver") }
        }
        #expect(stranger[.portsFree] == .error && stranger.text.contains("turnserver"))
        let unused = try await findings(.ports, server: .ready) {
            $0.bind = { $0.address.port == 3478 ? 0 : EADDRINUSE }
        }
        #expect(unused[.portsFree] == .notice)
    }

    @Test(
        "What else keeps a port from being opened has its own advice",
        arguments: [
            (EACCES, Finding.Level.error, "CAP_NET_BIND_SERVICE"), (EADDRNOTAVAIL, .error, "ip address"),
            (EMFILE, .error, "stands in its way"), (EAFNOSUPPORT, .error, "has no IPv6"),
        ])
    func troubles(error: Int32, level: Finding.Level, words: String) async throws {
        let found = try await findings(.ports) { $0.bind = { _ in error } }
        #expect(found.worst == level && found.text.contains(words), "\(found.text)")
    }

    @Test("The web server's :: is tried as IPv4 and IPv6 together, as it is opened, the relay's is not")
    func bothFamilies() async throws {
        let settings = ["HOST": "::", "TLS_CERT": "a", "TLS_KEY": "b", "RELAY_LISTEN_IPS": "::"]
        let six = IPAddress(v6High: 0x2600_0000_0000_0000, low: 1)
        let taken = try await findings(.ports, settings) {
            $0.addresses = { [.publicAddress, six] }
            $0.bind = { $0.isDualStack ? EADDRINUSE : 0 }
            $0.owner = { _ in ProcessFacts(id: 5, name: "nginx") }
        }
        let errors = taken.filter { $0.level == .error }
        #expect(errors.map(\.subject) == ["PORT", "TLS_PORT"] && errors.text.contains("nginx"))
        #expect(taken.text.contains("free: RELAY_PORT 3478/udp, RELAY_PORT 3478/tcp"))
    }

    @Test("A port that another program has over IPv4 is not free for a socket of both families")
    func takenOverIPv4() throws {
        let others = try #require(ProbeSocket(.tcp, .ipv4))
        var port: UInt16 = 0
        repeat {
            port = .random(in: 20_000...32_000)
        } while others.listen(on: TransportAddress(.anyIPv4, port: port)) == EADDRINUSE
        let address = TransportAddress(.anyIPv6, port: port)
        let alone = ProbeSocket.bindError(Endpoint(address: address, transport: .tcp))
        // Without IPv6 there is nothing to tell apart.
        guard alone != EAFNOSUPPORT else { return }
        #expect(alone == 0)
        #expect(
            ProbeSocket.bindError(Endpoint(address: address, transport: .tcp, isDualStack: true))
                == EADDRINUSE)
    }

    @Test("Two listeners on one port, and a host that is none, are errors")
    func clashes() async throws {
        let clash = try await findings(.ports, ["PORT": "3478"])
        #expect(clash.worst == .error && clash.text.contains("PORT and RELAY_PORT both want 3478/tcp"))
        #expect(
            try await findings(.ports, ["HOST": "nowhere"]) { $0.resolve = { _ in [] } }[.portsFree] == .error
        )
    }

    @Test(
        "Listeners on one port clash only where they have an address in common",
        arguments: [
            ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "0.0.0.0", true), ("0.0.0.0", "192.0.2.1", true), ("192.0.2.1", "::", false),
            ("0.0.0.0", "::", false), ("0.0.0.0", "2001:db8::1", false),
            ("::", "0.0.0.0", true), ("::", "192.0.2.1", true), ("::", "::", true),
            ("::", "2001:db8::1", true), ("2001:db8::1", "::", true), ("2001:db8::1", "0.0.0.0", false),
            ("2001:db8::1", "2001:db8::2", false), ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2,0.0.0.0", true),
        ])
    func overlap(web: String, relay: String, isClash: Bool) async throws {
        let settings = [
            "HOST": web, "TLS_CERT": "a", "TLS_KEY": "b", "TLS_PORT": "443",
            "RELAY_LISTEN_IPS": relay, "RELAY_CERT": "a", "RELAY_KEY": "b", "RELAY_TLS_PORT": "443",
        ]
        let found = try await findings(.ports, settings) {
            $0.addresses = { [.publicAddress, IPAddress(v6High: 0x2600_0000_0000_0000, low: 1)] }
        }
        #expect(found.worst == (isClash ? .error : .ok), "\(found.text)")
        #expect(found.text.contains("RELAY_TLS_PORT and TLS_PORT both want 443/tcp") == isClash)
    }

    @Test("The kernel's tables tell who listens")
    func tables() throws {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1142 1 0
               1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 2000 1 0
               2: 00000000:C350 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 3000 1 0
               3: 010200C0:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4001 1 0
               4: 020200C0:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4002 1 0
            what
            """
        let six = """
              sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: B80D0120000000000000000001000000:01BB 0:0000 0A 0:0 00:0 0 0 0 5001 1 0
               1: 00000000000000000000000000000000:2328 0:0000 0A 0:0 00:0 0 0 0 5002 1 0
               2: 0000000000000000:2328 0:0000 0A 0:0 00:0 0 0 0 5003 1 0
            """
        func inodes(
            _ ip: String, _ port: UInt16, _ transport: Endpoint.Transport = .tcp
        ) throws -> Set<String> {
            let address = TransportAddress(try #require(IPAddress(ip)), port: port)
            return SocketTable.inodes(
                [table, six], excluding: Endpoint(address: address, transport: transport))
        }
        #expect(try inodes("0.0.0.0", 8_080) == ["1142"])
        #expect(try inodes("192.0.2.1", 8_080) == ["1142"])
        #expect(try inodes("0.0.0.0", 50_000, .udp) == ["3000"])
        #expect(try inodes("0.0.0.0", 50_000) == [])
        // Of two programs with one port, each on an address of its own, the one that is in the way.
        #expect(try inodes("192.0.2.1", 443) == ["4001"])
        #expect(try inodes("192.0.2.2", 443) == ["4002"])
        #expect(try inodes("192.0.2.3", 443) == [])
        #expect(try inodes("0.0.0.0", 443) == ["4001", "4002"])
        #expect(try inodes("2001:db8::1", 443) == ["5001"])
        #expect(try inodes("::", 443) == ["5001"])
        // A socket of both families is in the way of one of IPv4.
        #expect(try inodes("192.0.2.1", 9_000) == ["5002"])
        #expect(try inodes("::", 9_000) == ["5002"])
        #expect(SocketTable.count(table, ports: 49_152...65_535) == 1)
    }
}
