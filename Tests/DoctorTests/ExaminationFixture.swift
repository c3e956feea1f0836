import Addresses
import RelayServer
import SettingFixtures
import TLS
import TURN
import Timing

@testable import Doctor

/// A machine that has nothing wrong with it and no network behind it.
func healthyMachine() -> Machine {
    var machine = Machine()
    machine.now = { UnixTime(seconds: 1_900_000_000) }
    machine.clock = { .synchronised(maxErrorMicroseconds: 12_000) }
    machine.hardwareClock = { 1_900_000_001 }
    machine.userID = { 1_000 }
    machine.openFiles = { 1_048_576 }
    machine.openFilesOf = { _ in nil }
    machine.kernelText = { path in
        switch path {
        case "/proc/meminfo": "MemTotal:       16384000 kB"
        case "/proc/net/udp", "/proc/net/udp6": "  sl  local_address rem_address   st"
        default: nil
        }
    }
    machine.udpBuffers = { (4 << 20, 4 << 20) }
    machine.processors = { 4 }
    machine.file = { path in path.hasSuffix("/data") ? FileFacts(isDirectory: true, mode: 0o700) : nil }
    machine.volume = { _ in VolumeFacts() }
    machine.database = { _ in .read(damage: [], missing: [], rooms: 3, pendings: 1) }
    machine.certificate = { _, hosts in
        CertificateReading(chain: .good(until: 1_905_000_000, hosts: Set(hosts)))
    }
    machine.addresses = { [.loopbackIPv4, .publicAddress] }
    machine.preferredAddress = { $0 == .ipv4 ? .publicAddress : nil }
    machine.resolve = { name in [IPAddress(name) ?? .publicAddress] }
    machine.bind = { _ in 0 }
    machine.owner = { _ in nil }
    machine.get = { _, _ in nil }
    machine.reach = { _ in .reached }
    machine.servedCertificate = { _ in CertificateChain.good(until: 0, hosts: []).certificates.first?.sha256 }
    machine.allocate = { _ in .works }
    machine.tryRelay = { _ in .tried(udp: .works, tcp: .works) }
    return machine
}

extension IPAddress {
    /// 11.0.0.1: an ordinary address of the internet.
    static let publicAddress = IPAddress(v4: 0x0B00_0001)
    /// 10.0.0.9.
    static let privateAddress = IPAddress(v4: 0x0A00_0009)
}

extension CertificateChain {
    /// A server's certificate and the one behind it, from an authority that is known.
    static func good(until end: Int64, hosts: Set<String>) -> CertificateChain {
        CertificateChain(
            certificates: [
                CertificateFacts(
                    subject: "calls.example.org", issuer: "Intermediate", notBefore: 1_897_000_000,
                    notAfter: end,
                    isSelfSigned: false, sha256: [1, 2, 3]),
                CertificateFacts(
                    subject: "Intermediate", issuer: "Root", notBefore: 1_800_000_000,
                    notAfter: 2_000_000_000,
                    isSelfSigned: false, sha256: [4, 5, 6]),
            ],
            names: "DNS:calls.example.org", coveredHosts: hosts, isInOrder: true, trust: .trusted)
    }
}

/// What a check finds with these settings on a machine that differs from a healthy one in this.
func findings(
    _ check: DoctorCheck, _ environment: [String: String] = [:], server: RunningServer? = nil,
    _ change: (inout Machine) -> Void = { _ in }
) async throws -> [Finding] {
    var machine = healthyMachine()
    change(&machine)
    let reading = ConfigurationReading(values: try await values(environment: environment))
    return await check.run(Examination(configuration: reading, machine: machine, server: server))
}

extension [Finding] {
    /// How bad the findings with an id are, the worst of them; nil if there is none.
    subscript(_ id: FindingID) -> Finding.Level? { filter { $0.id == id }.map(\.level).max() }

    /// How bad it is altogether.
    var worst: Finding.Level? { map(\.level).max() }

    /// All that people read.
    var text: String { map { "\($0.summary) \($0.advice ?? "")" }.joined(separator: "\n") }
}

extension RunningServer {
    static let ready = RunningServer(
        isReady: true, problem: nil, relayIsReady: true, process: ProcessFacts(id: 77, name: "switchboard"))
}
