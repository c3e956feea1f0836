import RelayServer
import STUN
import TURN

/// What the plan has to know of this machine.
struct RelayHost {
    /// The addresses of its interfaces.
    var addresses = HostAddresses.all()
    /// The one to relay from when nothing was set.
    var preferred: (IPAddress.Family) -> IPAddress? = HostAddresses.relayAddress
    /// Looks a name up.
    var resolve: (String) -> [IPAddress] = HostNames.resolve
}

/// The addresses that relayed addresses are on, and what a NAT makes of them.
struct RelayAddresses {
    let addresses: [RelayAddress]
    /// What an operator should hear about.
    let notices: [String]

    /// Takes RELAY_IPS, else the private parts of RELAY_EXTERNAL_IPS, else the preferred address of each family.
    init(
        _ values: SettingValues, host: RelayHost
    ) throws(UsageError) {
        let external = values[Settings.relayExternalIPs]
        let translated = external.compactMap(\.privateAddress)
        let asked = values[Settings.relayIPs] + (values[Settings.relayIPs].isEmpty ? translated : [])
        for address in asked where !host.addresses.contains(address) {
            throw UsageError(
                "\(address) is no address of this machine; allowed in RELAY_IPS: \(Self.list(host.addresses))"
            )
        }
        let preferred = IPAddress.Family.allCases.compactMap(host.preferred)
        // Loopback relays to nobody; it serves where there is nothing else.
        let useful = preferred.contains { !$0.isLoopback } ? preferred.filter { !$0.isLoopback } : preferred
        let locals = asked.isEmpty ? useful : asked.uniqued
        guard !locals.isEmpty else { throw UsageError("this machine has no IP address to relay from") }
        guard locals.count <= RelayedAddresses.maximumCount else {
            throw UsageError(
                "RELAY_IPS has \(locals.count) addresses; allowed: at most \(RelayedAddresses.maximumCount)")
        }
        var publicAddresses: [IPAddress: IPAddress] = [:]
        for entry in external {
            try Self.translate(entry, locals, host.resolve) { publicAddresses[$0] = $1 }
        }
        addresses = locals.map { RelayAddress(local: $0, advertised: publicAddresses[$0]) }
        notices = translated.filter { !locals.contains($0) }.map {
            "RELAY_EXTERNAL_IPS names \($0), which is none of RELAY_IPS and relays nothing"
        }
    }

    private static func translate(
        _ entry: ExternalAddress, _ locals: [IPAddress], _ resolve: (String) -> [IPAddress],
        _ use: (_ local: IPAddress, _ advertised: IPAddress) -> Void
    ) throws(UsageError) {
        let found = resolve(entry.publicHost)
        guard !found.isEmpty else {
            throw UsageError(
                "RELAY_EXTERNAL_IPS \(entry.publicHost.quoted) cannot be looked up; allowed: a name that can, or an address"
            )
        }
        if let local = entry.privateAddress {
            guard let advertised = found.first(where: { $0.family == local.family }) else {
                throw UsageError(
                    "RELAY_EXTERNAL_IPS \(entry.publicHost.quoted) has no address of the family of \(local)")
            }
            use(local, advertised)
            return
        }
        var isUsed = false
        for family in IPAddress.Family.allCases {
            guard let advertised = found.first(where: { $0.family == family }) else { continue }
            let candidates = locals.filter { $0.family == family }
            guard candidates.count <= 1 else {
                throw UsageError(
                    "RELAY_EXTERNAL_IPS \(entry.publicHost.quoted) may stand for \(list(candidates)); allowed: public/private pairs"
                )
            }
            for local in candidates {
                use(local, advertised)
                isUsed = true
            }
        }
        guard isUsed else {
            throw UsageError(
                "RELAY_EXTERNAL_IPS \(entry.publicHost.quoted) is of another family than \(list(locals)); allowed: an address of theirs"
            )
        }
    }

    private static func list(_ addresses: [IPAddress]) -> String {
        addresses.map(\.description).joined(separator: ", ")
    }
}

extension [IPAddress] {
    /// The elements, each once.
    fileprivate var uniqued: [IPAddress] {
        var seen: Set<IPAddress> = []
        return filter { seen.insert($0).inserted }
    }
}
