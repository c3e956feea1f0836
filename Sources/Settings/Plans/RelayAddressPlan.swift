package import Addresses
import OperatorText
package import RelayServer
import TURN

/// What the plan has to know of this machine.
package struct RelayHost {
    /// The addresses of its interfaces.
    package var addresses: [IPAddress]
    /// The ones to relay from when nothing was set, one a family at most.
    package var preferred: [IPAddress]
    /// Looks a name up.
    package var resolve: (String) -> [IPAddress]

    /// - Parameter resolve: looks a name up; the system's resolver unless tests have another.
    package init(
        addresses: [IPAddress], preferred: [IPAddress],
        resolve: @escaping (String) -> [IPAddress] = HostNames.resolve
    ) {
        (self.addresses, self.preferred, self.resolve) = (addresses, preferred, resolve)
    }

    /// This machine. Throws if its addresses cannot be read: without them the relay cannot know what it must not
    /// relay to.
    package static func ofThisMachine() throws(HostAddressesError) -> RelayHost {
        var preferred: [IPAddress] = []
        for family in IPAddress.Family.allCases {
            if let address = try HostAddresses.relayAddress(family) { preferred.append(address) }
        }
        return RelayHost(addresses: try HostAddresses.all(), preferred: preferred)
    }
}

/// The addresses that relayed addresses are on, and what a NAT makes of them.
package struct RelayAddressPlan {
    let addresses: [RelayAddress]
    /// What an operator should hear about.
    let notices: [String]

    /// Takes RELAY_IPS, else the private parts of RELAY_EXTERNAL_IPS, else the preferred address of each family.
    init(
        _ values: SettingValues, host: RelayHost
    ) throws(UsageError) {
        let external = values.relay.externalIPs
        let translated = external.compactMap(\.privateAddress)
        let locals = Self.locals(values, host: host)
        for address in locals where !host.addresses.contains(address) && !host.preferred.contains(address) {
            throw UsageError(
                "\(address) is no address of this machine; allowed in RELAY_IPS: \(Self.list(host.addresses))"
            )
        }
        guard !locals.isEmpty else { throw UsageError("this machine has no IP address to relay from") }
        guard locals.count <= RelayedPorts.maximumCount else {
            throw UsageError(
                "RELAY_IPS has \(locals.count) addresses; allowed: at most \(RelayedPorts.maximumCount)")
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

    /// What relayed addresses are on, by the settings and the machine alone: no name is looked up, nothing is checked.
    package static func locals(_ values: SettingValues, host: RelayHost) -> [IPAddress] {
        let asked =
            values.relay.ips.isEmpty
            ? values.relay.externalIPs.compactMap(\.privateAddress) : values.relay.ips
        guard asked.isEmpty else { return asked.uniqued }
        // Loopback relays to no other machine; it is used only if there is nothing else.
        let useful = host.preferred.filter { !$0.isLoopback }
        return useful.isEmpty ? host.preferred : useful
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
