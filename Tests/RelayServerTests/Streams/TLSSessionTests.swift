import COpenSSL
import Glibc
import Logging
import Testing

@testable import RelayServer
@testable import TLS

/// A server's session and a client's, joined by a socket pair and driven by hand.
private final class Pair {
    let sockets: (server: Int32, client: Int32)
    let exchange: UnsafeMutablePointer<TLSExchange>
    let input: UnsafeMutableRawPointer
    var server: TLSSession
    let client: TLSTestClient

    init(_ context: TLSContext, protocols: [String] = [], maximumVersion: Int32? = nil) throws {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &pair) == 0
        else {
            throw TestFailure("socketpair")
        }
        sockets = (pair[0], pair[1])
        exchange = .allocate(capacity: 1)
        exchange.initialize(to: TLSExchange(socket: pair[0]))
        input = .allocate(byteCount: 65_536, alignment: 16)
        guard let session = TLSSession(context, exchange: exchange) else { throw TestFailure("session") }
        server = session
        client = try TLSTestClient(pair[1], protocols: protocols, maximumVersion: maximumVersion)
    }

    deinit {
        exchange.deallocate()
        input.deallocate()
        close(sockets.server)
        close(sockets.client)
    }

    /// Reads once from the server's socket into what the session takes from.
    func fill() {
        let count = recv(sockets.server, input, 65_536, 0)
        exchange.pointee.input = UnsafeRawPointer(input)
        exchange.pointee.inputByteCount = max(0, count)
        exchange.pointee.isAtEnd = count == 0
    }

    /// Both sides by turns until both are done or one of them fails.
    func handshake() -> (server: TLSSession.Step, client: TLSTestClient.Result) {
        var server = TLSSession.Step.needsInput
        var client = TLSTestClient.Result.wait
        for _ in 0..<10 {
            if client == .wait { client = self.client.handshake() }
            if server == .needsInput {
                fill()
                server = self.server.handshake()
            }
            if server != .needsInput && client != .wait { break }
        }
        return (server, client)
    }

    /// Everything the session gives from one read of the socket.
    func receive() -> ([UInt8], TLSSession.Step) {
        fill()
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            let step = bytes.withUnsafeMutableBytes { memory in
                memory.baseAddress.map { server.read(into: $0, byteCount: memory.count) } ?? .failed
            }
            guard case .done(let count) = step else { return (all, step) }
            all += bytes.prefix(count)
        }
    }

    func send(_ bytes: [UInt8]) -> TLSSession.Step {
        bytes.withUnsafeBytes { memory in
            memory.baseAddress.map { server.write($0, byteCount: memory.count) } ?? .failed
        }
    }
}

@Suite struct TLSSessionTests {
    private func context(_ certificate: TestCertificate, _ version: TLSSettings.Version = .tls12) throws
        -> TLSContext
    {
        try TLSContext(
            TLSSettings(
                certificateFile: certificate.certificateFile, privateKeyFile: certificate.privateKeyFile,
                minimumVersion: version))
    }

    @Test func bytesGoBothWaysAfterAHandshake() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        #expect(pair.handshake() == (.done(0), .done(1)))
        #expect(pair.client.version == "TLSv1.3")
        #expect(pair.client.certificateName == "relay.test")
        #expect(pair.client.write([1, 2, 3]) == .done(3))
        #expect(pair.receive() == ([1, 2, 3], .needsInput))
        #expect(pair.send([4, 5]) == .done(2))
        #expect(pair.client.read() == (.done(2), [4, 5]))
    }

    @Test func severalRecordsComeFromOneReadOfTheSocket() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        _ = pair.handshake()
        for byte in UInt8(0)..<5 { #expect(pair.client.write([byte, byte]) == .done(2)) }
        #expect(pair.receive() == ([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], .needsInput))
    }

    @Test func aRecordThatArrivesInPiecesIsPutTogether() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        _ = pair.handshake()
        let sent = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(pair.client.write(sent) == .done(5000))
        var raw = [UInt8](repeating: 0, count: 8192)
        let count = recv(pair.sockets.server, &raw, raw.count, 0)
        var received: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 8192)
        for start in stride(from: 0, to: count, by: 7) {
            raw.withUnsafeBytes { memory in
                pair.exchange.pointee.input = memory.baseAddress.map { $0 + start }
                pair.exchange.pointee.inputByteCount = min(7, count - start)
                let step = bytes.withUnsafeMutableBytes {
                    $0.baseAddress.map { pair.server.read(into: $0, byteCount: 8192) } ?? .failed
                }
                if case .done(let count) = step { received += bytes.prefix(count) }
            }
        }
        #expect(received == sent)
    }

    @Test(arguments: [
        (["stun.turn"], "stun.turn"), (["h2", "stun.turn"], "stun.turn"), (["http/1.1"], ""), ([], ""),
    ])
    func stunTurnIsTakenAndNoProtocolIsRequired(_ offered: [String], _ agreed: String) throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate), protocols: offered)
        #expect(pair.handshake() == (.done(0), .done(1)))
        #expect(pair.client.applicationProtocol == agreed)
    }

    @Test func tls12HasForwardSecrecyAndAuthenticatedEncryption() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate), maximumVersion: TLS1_2_VERSION)
        #expect(pair.handshake() == (.done(0), .done(1)))
        #expect(pair.client.version == "TLSv1.2")
        #expect(pair.client.cipher.hasPrefix("ECDHE-"))
        #expect(pair.client.cipher.contains("GCM") || pair.client.cipher.contains("CHACHA20"))
    }

    @Test func olderVersionsAreRefused() throws {
        let certificate = try TestCertificate()
        let old = try Pair(try context(certificate), maximumVersion: TLS1_1_VERSION)
        #expect(old.handshake().server == .failed)
        let strict = try Pair(try context(certificate, .tls13), maximumVersion: TLS1_2_VERSION)
        #expect(strict.handshake().server == .failed)
    }

    @Test func renegotiationIsRefusedAndTheSessionLivesOn() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate), maximumVersion: TLS1_2_VERSION)
        _ = pair.handshake()
        #expect(pair.client.renegotiate())
        _ = pair.client.handshake()
        #expect(pair.receive().1 == .needsInput)
        #expect(pair.send([9]) == .done(1))
    }

    @Test func newKeysAreAnsweredOnTheWay() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        _ = pair.handshake()
        #expect(pair.client.updateKeys())
        #expect(pair.client.write([7]) == .done(1))
        #expect(pair.receive() == ([7], .needsInput))
        #expect(pair.send([8]) == .done(1))
        #expect(pair.client.read() == (.done(1), [8]))
    }

    @Test(arguments: [4, 5]) func newKeysOnAndOnAreTooMuch(count: Int) throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        _ = pair.handshake()
        for _ in 0..<count {
            #expect(pair.client.updateKeys())
            #expect(pair.client.write([7]) == .done(1))
        }
        #expect(pair.receive().1 == (count == 4 ? .needsInput : .failed))
    }

    @Test func aWriteThatFoundNoRoomGoesOnWithMoreBehindIt() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        _ = pair.handshake()
        var pending = [UInt8](repeating: 1, count: 16_384)
        var sent = 0
        while case .done(let count) = pair.send(pending) { sent += count }
        pending += [2, 2, 2]
        var received = 0
        var isBlocked = true
        while received < sent + pending.count {
            if isBlocked, case .done(let count) = pair.send(pending) {
                pending.removeFirst(count)
                sent += count
                isBlocked = !pending.isEmpty
            }
            let (result, bytes) = pair.client.read()
            guard case .done = result else { break }
            received += bytes.count
        }
        #expect(pending.isEmpty && received == sent)
    }

    @Test func anyBytesEndTheSessionAndLeaveNoErrorBehind() throws {
        let certificate = try TestCertificate()
        let context = try context(certificate)
        for seed in UInt8(0)..<50 {
            let pair = try Pair(context)
            let junk = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 31) ^ seed }
            _ = junk.withUnsafeBytes { send(pair.sockets.client, $0.baseAddress, $0.count, 0) }
            pair.fill()
            let step = pair.server.handshake()
            #expect(step == .failed || step == .needsInput)
            #expect(ERR_peek_error() == 0)
        }
    }

    @Test func goodbyeIsAnEnd() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        _ = pair.handshake()
        pair.client.close()
        #expect(pair.receive() == ([], .ended))
        pair.server.close()
        #expect(pair.client.read().0 == .ended)
    }

    @Test func nothingIsSaidAfterAFailure() throws {
        let certificate = try TestCertificate()
        let pair = try Pair(try context(certificate))
        _ = pair.handshake()
        // A record of application data (RFC 8446 §5.1) that nobody has encrypted.
        let record: [UInt8] = [23, 3, 3, 0, 32] + [UInt8](repeating: 7, count: 32)
        _ = record.withUnsafeBytes { send(pair.sockets.client, $0.baseAddress, $0.count, 0) }
        #expect(pair.receive() == ([], .failed))
        var answer = [UInt8](repeating: 0, count: 1024)
        while recv(pair.sockets.client, &answer, answer.count, 0) > 0 {}
        pair.server.close()
        #expect(recv(pair.sockets.client, &answer, answer.count, 0) < 0)
        #expect(ERR_peek_error() == 0)
    }
}

@Suite struct TLSCertificatesTests {
    private func settings(_ certificate: TestCertificate) -> TLSSettings {
        TLSSettings(certificateFile: certificate.certificateFile, privateKeyFile: certificate.privateKeyFile)
    }

    private func nameShown(by certificates: TLSCertificates) throws -> String {
        let pair = try Pair(certificates.current)
        _ = pair.handshake()
        return pair.client.certificateName
    }

    @Test func changedFilesAreReadAgainAndUnchangedOnesAreNot() throws {
        let files = try TestCertificate(name: "first.test")
        let certificates = try TLSCertificates(settings(files), logger: Logger(label: "test"))
        let generation = certificates.generation
        #expect(certificates.reloadIfChanged())
        #expect(certificates.generation == generation)
        try files.write(name: "second.test")
        #expect(certificates.reloadIfChanged())
        #expect(certificates.generation != generation)
        #expect(try nameShown(by: certificates) == "second.test")
    }

    @Test func filesThatCouldNotBeReadAreReadAgainWhenTheirPermissionsChangeAndEveryMinute() throws {
        let files = try TestCertificate(name: "first.test")
        let certificates = try TLSCertificates(settings(files), logger: Logger(label: "test"))
        try files.writeForeignKey()
        let now = ContinuousClock.now
        #expect(!certificates.reloadIfChanged(now: now))
        #expect(certificates.reloadIfChanged(now: now + .seconds(59)))
        #expect(!certificates.reloadIfChanged(now: now + .seconds(60)))
        #expect(certificates.reloadIfChanged(now: now + .seconds(61)))
        chmod(files.privateKeyFile, 0o640)
        #expect(!certificates.reloadIfChanged(now: now + .seconds(62)))
    }

    @Test func aPairThatDoesNotMatchLeavesTheOldOneInUse() throws {
        let files = try TestCertificate(name: "first.test")
        let certificates = try TLSCertificates(settings(files), logger: Logger(label: "test"))
        try files.writeForeignKey()
        #expect(!certificates.reloadIfChanged())
        #expect(try nameShown(by: certificates) == "first.test")
        // Looked at once, not every time.
        #expect(certificates.reloadIfChanged())
        try files.write(name: "second.test")
        #expect(certificates.reloadIfChanged())
        #expect(try nameShown(by: certificates) == "second.test")
    }

    @Test func whatCannotBeUsedIsNamed() throws {
        let files = try TestCertificate()
        var missing = settings(files)
        missing.certificateFile = "/nonexistent/cert.pem"
        #expect(throws: TLSConfigurationError.self) { try TLSContext(missing) }
        try files.writeForeignKey()
        do {
            _ = try TLSContext(settings(files))
            Issue.record("a foreign key was taken")
        } catch {
            #expect(error.code == .privateKeyDoesNotMatch)
            #expect(error.subject == files.privateKeyFile)
        }
        try files.write(name: "again")
        var odd = settings(files)
        odd.ciphers = "no such cipher"
        do {
            _ = try TLSContext(odd)
            Issue.record("nonsense was taken")
        } catch {
            #expect(error.code == .ciphersUnusable)
        }
    }
}
