import Addresses
import RelayServer
import Settings
import TLS
import TURN
import Timing

/// What checks can ask of the machine and its network. Tests put their own answers in place of these.
///
/// Whatever may block has a deadline of its own, besides that of the check.
package struct Machine: Sendable {
    package init() {}

    // MARK: The machine

    /// Seconds since 1970 by the system's clock.
    var now: @Sendable () -> UnixTime = { .now }
    /// What the kernel says of its clock.
    var clock: @Sendable () -> ClockState = ClockState.read
    /// Seconds since 1970 by the clock that runs on a battery; nil without one.
    var hardwareClock: @Sendable () -> UInt64? = ClockState.hardwareSeconds
    /// The user that this process runs as; 0 is root.
    package var userID: @Sendable () -> UInt32 = FileFacts.userID
    /// The limit of open files that this process can have; nil if it cannot be read.
    var openFiles: @Sendable () -> Int? = OpenFiles.hardLimit
    /// The limit of open files of another process, where this user may see it.
    var openFilesOf: @Sendable (_ process: Int32) -> Int? = OpenFiles.limit
    /// The content of one file of /proc or /sys, without the line's end; nil if there is none.
    var kernelText: @Sendable (_ path: String) -> String? = KernelFile.text
    /// The buffers that a UDP socket gets of those that the relay asks for, in bytes.
    var udpBuffers: @Sendable () -> (receive: Int, send: Int)? = SocketBuffers.measure
    /// Processors that are there.
    var processors: @Sendable () -> Int = KernelFile.processors

    // MARK: Files

    /// What is at a path; nil if nothing is, or if this user cannot look there.
    var file: @Sendable (_ path: String) -> FileFacts? = FileFacts.read
    /// The file system that a path is in.
    var volume: @Sendable (_ path: String) -> VolumeFacts? = VolumeFacts.read
    /// Reads all of a database.
    var database: @Sendable (PairingBackend) async -> DatabaseFacts = DatabaseFacts.examine
    /// Reads a certificate with its chain and its key.
    var certificate: @Sendable (TLSSettings, _ hosts: [String]) -> CertificateReading = CertificateReading
        .read

    // MARK: The network

    /// The addresses of the interfaces.
    var addresses: @Sendable () throws(HostAddressesError) -> [IPAddress] = HostAddresses.all
    /// The address that a packet to the wider network leaves from.
    var preferredAddress: @Sendable (IPAddress.Family) throws(HostAddressesError) -> IPAddress? =
        HostAddresses.relayAddress
    /// Looks a name up.
    var resolve: @Sendable (String) -> [IPAddress] = { HostNames.resolve($0) }
    /// Binds an address and lets it go again: 0, or the error number.
    var bind: @Sendable (Endpoint) -> Int32 = ProbeSocket.bindError
    /// Who listens where a server would, where this user may see it.
    var owner: @Sendable (Endpoint) -> ProcessFacts? = ProcessFacts.owner
    /// Asks for a path over HTTP: over TLS if a name is given.
    var get: @Sendable (_ path: String, _ from: HTTPProbe.Origin) -> HTTPProbe.Answer? = HTTPProbe.get
    /// Tries to come to an address of this machine from this machine.
    var reach: @Sendable (ReachProbe) -> ReachProbe.Outcome = { $0.run() }
    /// The certificate that a TLS server shows, by its SHA-256.
    var servedCertificate: @Sendable (HTTPProbe.Origin) -> [UInt8]? = HTTPProbe.servedCertificate
    /// Allocates at a TURN server that runs, and relays a packet.
    var allocate: @Sendable (TURNProbe) -> SelfTestResult = { $0.run() }
    /// Starts the relay on ports of the kernel's choice for a moment, and does the same there.
    var tryRelay: @Sendable (RelayPlan) -> TURNProbe.OwnRelay = TURNProbe.tryRelay

    /// What the relay's plan has to know.
    func relayHost() throws(HostAddressesError) -> RelayHost {
        RelayHost(addresses: try addresses(), preferred: try preferredAddresses(), resolve: resolve)
    }

    /// The preferred addresses of all families.
    func preferredAddresses() throws(HostAddressesError) -> [IPAddress] {
        var found: [IPAddress] = []
        for family in IPAddress.Family.allCases {
            if let address = try preferredAddress(family) { found.append(address) }
        }
        return found
    }

    /// The addresses, or one of each family if they cannot be read. For callers that only need the families and
    /// find out what is wrong by trying.
    var addressesOfFamilies: [IPAddress] { (try? addresses()) ?? [.anyIPv4, .anyIPv6] }
}
