import Addresses
import ICE
import OperatorText
import RelayServer
import Settings
import TURN

extension DoctorCheck {
    /// Whether what clients and peers are told leads here.
    static let address = DoctorCheck("Addresses", limit: .seconds(15)) { AddressCheck.run($0) }
}

enum AddressCheck {
    static func run(_ examination: Examination) -> [Finding] {
        guard examination.hasRelay else { return elsewhere(examination) }
        let plan: RelayPlan
        do throws(UsageError) {
            plan = try examination.relayPlan()
        } catch {
            return [
                .error(
                    .addressRelay, error.description,
                    do: "correct RELAY_IPS or RELAY_EXTERNAL_IPS; ip address shows "
                        + "the addresses of this machine")
            ]
        }
        let unused = plan.notices.filter { $0.hasPrefix("RELAY_EXTERNAL_IPS") }.map {
            Finding.notice(.addressRelay, of: "RELAY_EXTERNAL_IPS", $0, do: "correct it, or remove it")
        }
        return plan.rules.relays.map { judge($0, examination) } + unused + host(plan, examination)
    }

    // MARK: What peers are told

    private static func judge(_ relay: RelayAddress, _ examination: Examination) -> Finding {
        let isTranslated = relay.advertised != relay.local
        let subject = relay.local.description
        let shown = isTranslated ? "\(relay.advertised) (here \(relay.local))" : subject
        guard let kind = SpecialAddresses.denial(of: relay.advertised) else {
            return .ok(.addressPublic, of: subject, "peers send to \(shown), a public address")
        }
        let external =
            relay.family == .ipv4
            ? "set RELAY_EXTERNAL_IPS to the public address, and have the NAT "
                + "forward RELAY_MIN_PORT to RELAY_MAX_PORT"
            : "give this machine a public IPv6 address, or leave this one out of RELAY_IPS"
        switch kind {
        case .loopback:
            return .notice(
                .addressPublic, of: subject, "peers are told \(shown), which only this machine can reach",
                do: "set RELAY_IPS, if this machine has another address")
        case .privateNetwork where isTranslated, .special where isTranslated:
            return .warning(
                .addressPublic, of: subject,
                "RELAY_EXTERNAL_IPS has \(relay.advertised), which is not a public address",
                do: "set the address that others see; curl https://ifconfig.co prints it")
        case .privateNetwork, .special:
            return .warning(
                .addressPublic, of: subject,
                "peers are told \(shown), which is not a public address: peers on the internet cannot send to it",
                do: "\(external). If all clients are in this network, do nothing")
        default:
            return .warning(
                .addressPublic, of: subject, "peers are told \(shown), which is not the address of a machine",
                do: "correct RELAY_IPS or RELAY_EXTERNAL_IPS")
        }
    }

    // MARK: What clients are told

    private static func host(_ plan: RelayPlan, _ examination: Examination) -> [Finding] {
        let values = examination.values
        guard let host = values.ice.host else {
            let sharesTLS = values.relay.sharesPorts && values.certificate.chain != nil
            guard !plan.server.tlsListeners.isEmpty || sharesTLS else {
                let hosts = plan.iceHosts.joined(separator: " and ")
                return [.ok(.addressHost, "clients are told \(hosts)")]
            }
            return [
                .warning(
                    .addressHost, of: "ICE_HOST",
                    "the relay has a certificate, but clients are told addresses: Firefox ignores such turns: URLs",
                    do: "set ICE_HOST to the name in the certificate")
            ]
        }
        let found = examination.machine.resolve(host)
        guard !found.isEmpty else {
            return [
                .error(
                    .addressName, of: "ICE_HOST",
                    "ICE_HOST \(host.quoted) cannot be looked up: no client finds the relay",
                    do: "add the name to the DNS, or correct ICE_HOST; test with: getent ahosts \(host)")
            ]
        }
        let own = Set(plan.rules.hostAddresses + plan.rules.relays.map(\.advertised))
        let here = found.filter { own.contains($0) || $0.isLoopback }
        let away = found.filter { !here.contains($0) }
        var findings: [Finding] = []
        if here.isEmpty || !away.isEmpty {
            findings.append(
                .warning(
                    .addressName, of: "ICE_HOST",
                    "\(host) leads to \(list(away)), which \(away.count == 1 ? "is" : "are") neither this machine's "
                        + "nor in RELAY_EXTERNAL_IPS",
                    do: "correct the DNS, or set RELAY_EXTERNAL_IPS if a NAT has that address"))
        }
        findings += loopback(host, here) + unserved(host, here, plan)
        return findings.isEmpty
            ? [.ok(.addressName, of: "ICE_HOST", "\(host) leads here: \(list(found))")] : findings
    }

    /// Debian maps a machine's own name to 127.0.1.1 in /etc/hosts: what the DNS says is then unknown.
    private static func loopback(_ host: String, _ here: [IPAddress]) -> [Finding] {
        guard let address = here.first(where: \.isLoopback) else { return [] }
        return [
            .notice(
                .addressName, of: "ICE_HOST",
                "\(host) leads to \(address) on this machine, according to /etc/hosts, but clients ask the DNS",
                do: "see what clients get: dig +short \(host) @9.9.9.9")
        ]
    }

    /// A family that the name promises and the relay does not listen on.
    private static func unserved(_ host: String, _ here: [IPAddress], _ plan: RelayPlan) -> [Finding] {
        let listeners = plan.server.udpListeners + plan.server.tcpListeners + plan.server.tlsListeners
        return IPAddress.Family.allCases.compactMap { family in
            guard here.contains(where: { $0.family == family && !$0.isLoopback }),
                !listeners.contains(where: { $0.family == family })
            else { return nil }
            let name = family == .ipv4 ? "IPv4" : "IPv6"
            return .warning(
                .addressName, of: "ICE_HOST",
                "\(host) has an \(name) address, but the relay does not listen on \(name)",
                do: "add it to RELAY_LISTEN_IPS, or remove the \(family == .ipv4 ? "A" : "AAAA") record")
        }
    }

    /// A relay elsewhere, or none.
    private static func elsewhere(_ examination: Examination) -> [Finding] {
        let urls = examination.values.ice.turnURLs
        guard !urls.isEmpty else {
            return [
                .notice(
                    .addressRelay, "there is no relay: calls between strict NATs fail",
                    do: "set USE_RELAY=1, or TURN_URLS to a relay elsewhere")
            ]
        }
        let lost = urls.filter { examination.machine.resolve($0.host).isEmpty }
        guard lost.isEmpty else {
            return lost.map { url in
                .error(
                    .addressName, of: "TURN_URLS", "the host of \(url.text) cannot be looked up",
                    do: "correct TURN_URLS, or the DNS")
            }
        }
        return [.ok(.addressName, of: "TURN_URLS", "clients are told \(list(urls.map(\.text)))")]
    }

    private static func list(_ parts: [some CustomStringConvertible]) -> String {
        parts.map(\.description).joined(separator: ", ")
    }
}
