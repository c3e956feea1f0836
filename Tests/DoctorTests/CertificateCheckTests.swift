import Addresses
import Foundation
import SettingFixtures
import Settings
import TURN
import Testing
import Timing

@testable import Doctor
@testable import TLS

@Suite("The doctor and certificates")
struct CertificateCheckTests {
    private let settings = [
        "RELAY_CERT": "cert.pem", "RELAY_KEY": "key.pem", "ICE_HOST": "calls.example.org",
        "RELAY_TLS_PORT": "5349",
    ]

    private func found(
        _ reading: CertificateReading, server: RunningServer? = nil,
        _ change: (inout Machine) -> Void = { _ in }
    ) async throws -> [Finding] {
        try await findings(.certificate, settings, server: server) {
            $0.certificate = { _, _ in reading }
            change(&$0)
        }
    }

    private func chain(until end: Int64 = 1_905_000_000, _ trust: CertificateChain.Trust = .trusted)
        -> CertificateChain
    {
        let good = CertificateChain.good(until: end, hosts: ["calls.example.org"])
        return CertificateChain(
            certificates: good.certificates, names: good.names, coveredHosts: good.coveredHosts,
            isInOrder: true,
            trust: trust)
    }

    @Test("A good one is good, and without any there is nothing to say")
    func good() async throws {
        #expect(try await found(CertificateReading(chain: chain())).worst == .ok)
        #expect(try await findings(.certificate).worst == .ok)
    }

    @Test(
        "Dates are looked at: gone, soon, not yet",
        arguments: [
            (1_899_999_999, Finding.Level.error), (1_900_086_400, .warning), (1_902_000_000, .ok),
        ] as [(Int64, Finding.Level)])
    func dates(end: Int64, level: Finding.Level) async throws {
        #expect(try await found(CertificateReading(chain: chain(until: end)))[.certificateExpiry] == level)
    }

    @Test("One that is not valid yet is an error")
    func early() async throws {
        let found = try await found(CertificateReading(chain: chain())) {
            $0.now = { .init(seconds: 1_890_000_000) }
        }
        #expect(found[.certificateExpiry] == .error && found.text.contains("not valid before"))
    }

    @Test("The chain, names and key are looked at")
    func parts() async throws {
        #expect(
            try await found(CertificateReading(chain: chain(.refused("no"))))[.certificateChain] == .warning)
        #expect(try await found(CertificateReading(chain: chain(.unknown)))[.certificateChain] == .notice)
        let stranger = CertificateChain.good(until: 1_905_000_000, hosts: [])
        #expect(try await found(CertificateReading(chain: stranger))[.certificateName] == .error)
        let open = try await found(CertificateReading(chain: chain())) {
            $0.file = { _ in FileFacts(mode: 0o644) }
        }
        #expect(open[.certificateKey] == .warning)
    }

    @Test(
        "A pair that a server cannot use is an error",
        arguments: [
            TLSConfigurationError.Code.certificateUnusable, .privateKeyUnusable, .privateKeyDoesNotMatch,
        ])
    func unusable(code: TLSConfigurationError.Code) async throws {
        let problem = TLSConfigurationError(code: code, subject: "key.pem", reason: "no start line")
        #expect(try await found(CertificateReading(problem: problem, chain: nil)).worst == .error)
        #expect(
            try await found(CertificateReading(problem: problem, chain: chain()))[.certificateFiles] == .error
        )
    }

    @Test("A running server has to show what is in the file")
    func served() async throws {
        let reading = CertificateReading(chain: chain())
        #expect(try await found(reading, server: .ready)[.certificateServed] == .ok)
        #expect(
            try await found(reading, server: .ready) { $0.servedCertificate = { _ in [9] } }[
                .certificateServed] == .warning)
        #expect(
            try await found(reading, server: .ready) { $0.servedCertificate = { _ in nil } }[
                .certificateServed] == .error)
    }

    @Test("That of HTTPS is looked at as that of the relay is, where its server listens")
    func https() async throws {
        let both = settings.merging([
            "TLS_CERT": "web.pem", "TLS_KEY": "web.key", "PROXY_PROTOCOL_FROM": "127.0.0.1",
        ]) { $1 }
        let found = try await findings(.certificate, both, server: .ready) {
            $0.certificate = { settings, hosts in
                CertificateReading(
                    chain: .good(
                        until: settings.certificateFile == "web.pem" ? 5 : 1_905_000_000, hosts: Set(hosts)))
            }
            $0.servedCertificate = { $0.address.port == 8_443 && $0.announcesProxy ? [9] : [1, 2, 3] }
        }
        let web = found.filter { $0.subject == "TLS_CERT" }
        #expect(web[.certificateExpiry] == .error && web[.certificateServed] == .warning)
        #expect(found.filter { $0.subject == "RELAY_CERT" }.worst == .ok)
        let alone = try await findings(.certificate, ["TLS_CERT": "a", "TLS_KEY": "b", "USE_RELAY": "0"])
        #expect(alone.worst == .ok && alone.allSatisfy { $0.subject == "TLS_CERT" })
        let ports = try await findings(.ports, both)
        #expect(ports.text.contains("TLS_PORT 8443/tcp"))
    }

    @Test("A file with a certificate is read: names, dates, order, who signed")
    func real() async throws {
        try await withTemporaryDirectory { directory in
            let (cert, key) = (
                directory.appending(path: "c.pem").path, directory.appending(path: "k.pem").path
            )
            let openssl = Process()
            openssl.executableURL = URL(filePath: "/usr/bin/openssl")
            openssl.arguments =
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days",
                    "2",
                ]
                + ["-subj", "/CN=one.example", "-addext", "subjectAltName=DNS:*.two.example,IP:11.0.0.1"]
                + ["-keyout", key, "-out", cert]
            openssl.standardError = FileHandle.nullDevice
            try openssl.run()
            openssl.waitUntilExit()
            let hosts = ["a.two.example", "11.0.0.1", "one.example", "11.0.0.2"]
            let reading = CertificateReading.read(
                TLSSettings(certificateFile: cert, privateKeyFile: key), hosts: hosts)
            let chain = try #require(reading.chain)
            #expect(reading.problem == nil)
            #expect(chain.coveredHosts == ["a.two.example", "11.0.0.1"])
            #expect(chain.names.contains("DNS:*.two.example") && chain.isInOrder)
            let facts = try #require(chain.certificates.first)
            #expect(facts.isSelfSigned && facts.subject == "one.example" && facts.issuer == "one.example")
            #expect(facts.notAfter - facts.notBefore == 2 * 86_400 && facts.sha256.count == 32)
            #expect(chain.trust != .trusted)
            let none = CertificateReading.read(
                TLSSettings(certificateFile: key, privateKeyFile: key), hosts: [])
            #expect(none.chain == nil && none.problem?.code == .certificateUnusable)
        }
    }
}
