import Addresses
import RelayServer
import Settings
import TLS
import TURN
import Timing

extension DoctorCheck {
    /// Certificates: files, chain, names, dates, keys, and what a running server shows.
    static let certificate = DoctorCheck("Certificates", limit: .seconds(15)) { CertificateCheck.run($0) }
}

/// One pair of files that a server is to show, and what clients call that server.
struct PlannedCertificate: Sendable {
    /// `RELAY_CERT` or `TLS_CERT`.
    let setting: String
    let settings: TLSSettings
    /// Names and addresses that it ought to be for; empty if unknown.
    let hosts: [String]
    /// Where it is shown; empty where the kernel chooses the port.
    let listeners: [TransportAddress]
}

enum CertificateCheck {
    private static let daySeconds: Int64 = 86_400
    /// ACME clients renew 30 days before the end, or after two thirds of a short life: later something is wrong.
    private static let soonDays: Int64 = 14

    static func run(_ examination: Examination) -> [Finding] {
        let planned = examination.plannedCertificates()
        guard !planned.isEmpty else {
            return [.ok(.certificateFiles, "none is configured")]
        }
        return planned.flatMap { judge($0, examination) }
    }

    private static func judge(_ planned: PlannedCertificate, _ examination: Examination) -> [Finding] {
        let reading = examination.machine.certificate(planned.settings, planned.hosts)
        var found: [Finding] = []
        if let problem = reading.problem {
            found.append(
                .error(
                    .certificateFiles, of: planned.setting, "\(planned.setting): \(problem)",
                    do: remedy(problem, examination))
            )
        }
        guard let chain = reading.chain, let leaf = chain.certificates.first else { return found }
        if reading.problem == nil {
            found.append(
                .ok(
                    .certificateFiles, of: planned.setting,
                    "\(planned.setting) is for \(leaf.subject), signed by \(leaf.issuer); the key belongs to it"
                ))
        }
        found += expiry(planned, chain, examination) + trust(planned, chain) + names(planned, chain)
        found += key(planned, examination) + served(planned, leaf, examination)
        return found
    }

    private static func remedy(_ problem: TLSConfigurationError, _ examination: Examination) -> String {
        guard examination.machine.file(problem.subject) != nil else {
            return "the file is not there, or this user may not look there; give the path of a PEM file"
        }
        return switch problem.code {
        case .certificateUnusable:
            "use a PEM file with the certificate first, then the intermediate certificates"
        case .privateKeyUnusable: "use a PEM file that this user may read, without a passphrase"
        case .privateKeyDoesNotMatch:
            "name the key that the certificate was made for (privkey.pem beside fullchain.pem)"
        case .ciphersUnusable, .unavailable: "check that Debian's libssl3 is installed correctly"
        }
    }

    private static func expiry(
        _ planned: PlannedCertificate, _ chain: CertificateChain, _ examination: Examination
    ) -> [Finding] {
        let now = Int64(clamping: examination.machine.now().seconds)
        let renew = "renew it (with certbot renew, or as it was made); the server loads new files by itself"
        var found: [Finding] = []
        for (index, certificate) in chain.certificates.enumerated() {
            let what = index == 0 ? planned.setting : "\(certificate.subject) behind \(planned.setting)"
            let left = certificate.notAfter - now
            let soon = min(soonDays * daySeconds, (certificate.notAfter - certificate.notBefore) / 4)
            let day = ClockCheck.day(UInt64(clamping: certificate.notAfter))
            if left <= 0 {
                found.append(
                    .error(
                        .certificateExpiry, of: planned.setting, "\(what) has expired on \(day)", do: renew))
            } else if certificate.notBefore > now {
                let start = ClockCheck.day(UInt64(clamping: certificate.notBefore))
                found.append(
                    .error(
                        .certificateExpiry, of: planned.setting, "\(what) is not valid before \(start)",
                        do: "set the clock, or wait"))
            } else if left < soon {
                found.append(
                    .warning(
                        .certificateExpiry, of: planned.setting,
                        "\(what) expires on \(day), in \(days(left))", do: renew))
            } else if index == 0 {
                found.append(
                    .ok(
                        .certificateExpiry, of: planned.setting,
                        "\(what) is valid until \(day), \(days(left)) from now"))
            }
        }
        return found
    }

    private static func days(_ seconds: Int64) -> String {
        let days = seconds / daySeconds
        return days == 0 ? "less than a day" : days == 1 ? "1 day" : "\(days) days"
    }

    private static func trust(_ planned: PlannedCertificate, _ chain: CertificateChain) -> [Finding] {
        if chain.certificates.count == 1, chain.certificates[0].isSelfSigned, chain.trust != .trusted {
            return [
                .warning(
                    .certificateChain, of: planned.setting,
                    "\(planned.setting) is self-signed: browsers refuse it, and show no error if it is the relay's",
                    do: "get one from an authority that browsers know, such as Let's Encrypt")
            ]
        }
        guard chain.isInOrder else {
            return [
                .error(
                    .certificateChain, of: planned.setting,
                    "the certificates in \(planned.settings.certificateFile) are not in signing order",
                    do: "put the server's own first, then the one that signed it, and so on (fullchain.pem)")
            ]
        }
        switch chain.trust {
        case .trusted:
            return [
                .ok(
                    .certificateChain, of: planned.setting,
                    "\(planned.setting) is signed by an authority that this machine knows")
            ]
        case .unknown:
            return [
                .notice(
                    .certificateChain, of: planned.setting,
                    "this machine knows no authorities, so it was not tested whether clients accept \(planned.setting)",
                    do: "apt install ca-certificates")
            ]
        case .refused(let reason):
            let hint =
                chain.certificates.count == 1
                ? "use the file with the whole chain (fullchain.pem instead of cert.pem)"
                : "get one from an authority that browsers know; if all clients know yours, do nothing"
            return [
                .warning(
                    .certificateChain, of: planned.setting,
                    "clients that know the same authorities as this machine refuse \(planned.setting): \(reason)",
                    do: hint)
            ]
        }
    }

    private static func names(_ planned: PlannedCertificate, _ chain: CertificateChain) -> [Finding] {
        planned.hosts.map { host in
            chain.coveredHosts.contains(host)
                ? .ok(.certificateName, of: planned.setting, "it is for \(host)")
                : .error(
                    .certificateName, of: planned.setting,
                    "\(planned.setting) is not for \(host): it has \(chain.names.isEmpty ? "no names" : chain.names)",
                    do: "get one for \(host), or set ICE_HOST to a name that it has")
        }
    }

    private static func key(_ planned: PlannedCertificate, _ examination: Examination) -> [Finding] {
        let key = SecretFile(path: planned.settings.privateKeyFile, content: .privateKey)
        guard let exposure = key.exposure(examination.machine.file) else { return [] }
        return [.warning(.certificateKey, of: key.path, exposure, do: key.remedy)]
    }

    /// A server reads new files by itself; if it shows another certificate it could not use them.
    private static func served(
        _ planned: PlannedCertificate, _ leaf: CertificateFacts, _ examination: Examination
    ) -> [Finding] {
        guard examination.server != nil, let listener = planned.listeners.first?.askable else { return [] }
        let name = planned.hosts.first ?? listener.ip.description
        guard
            let shown = examination.machine.servedCertificate(
                HTTPProbe.Origin(
                    address: listener, host: name, isTLS: true,
                    announcesProxy: examination.values.announcesLoopback))
        else {
            return [
                .error(
                    .certificateServed, of: planned.setting,
                    "the running server shows no certificate on port \(listener.port)",
                    do: "restart it, if this configuration is newer than it is")
            ]
        }
        guard shown != leaf.sha256 else {
            return [
                .ok(
                    .certificateServed, of: planned.setting,
                    "the running server shows it on port \(listener.port)")
            ]
        }
        return [
            .warning(
                .certificateServed, of: planned.setting,
                "the running server shows another certificate on port \(listener.port) than the one in the file",
                do:
                    "wait ten seconds and look again; then look for \"TLS certificate not reloaded\" in its log"
            )
        ]
    }
}

extension Examination {
    /// Every pair of files that a server with this configuration shows.
    func plannedCertificates() -> [PlannedCertificate] {
        var planned: [PlannedCertificate] = []
        let hosts = hasRelay ? [values.ice.host].compactMap { $0 } : []
        let sharedHosts = values.relay.sharesPorts ? hosts : []
        if let certificate = values.certificate.chain, let key = values.certificate.key {
            planned.append(
                PlannedCertificate(
                    setting: "TLS_CERT",
                    settings: TLSSettings(certificateFile: certificate, privateKeyFile: key),
                    hosts: sharedHosts, listeners: values.httpsEndpoints(machine.resolve).map(\.address)))
        }
        guard hasRelay else { return planned }
        let sockets = RelayServerConfiguration(values, hostAddresses: machine.addressesOfFamilies)
        guard let settings = sockets.tls else { return planned }
        planned.append(
            PlannedCertificate(
                setting: "RELAY_CERT", settings: settings, hosts: hosts,
                listeners: sockets.tlsListeners.filter { $0.port != 0 }))
        return planned
    }
}
