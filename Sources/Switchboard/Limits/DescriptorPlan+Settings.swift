import Addresses
import RelayServer

extension DescriptorPlan {
    /// Where every port may be used, it is the number of ports that limits allocations.
    private static let relayPorts = "relay ports"

    /// What these settings take of the files that may be open.
    ///
    /// - Parameters:
    ///   - limit: files that may be open.
    ///   - relaying: the addresses of this machine that are relayed from (``RelayAddresses/locals(_:host:)``); none
    ///     without a relay.
    ///   - processors: those that are online; loops are made for each.
    init(_ values: SettingValues, limit: Int, relaying: [IPAddress], processors: Int) {
        var shares = [
            Share(
                name: Settings.maxConnections.declaration.name, wished: values[Settings.maxConnections],
                descriptorsEach: 1, weight: 5)
        ]
        if values.hasRelay {
            let quota = values[Settings.relayTotalQuota]
            shares.append(
                Share(
                    name: quota > 0 ? Settings.relayTotalQuota.declaration.name : Self.relayPorts,
                    wished: RangeCheck.allocations(values, addresses: relaying.count),
                    // One may have an address of each family (RFC 8656 §7.1).
                    descriptorsEach: max(1, Set(relaying.map(\.family)).count), weight: 3))
            shares.append(
                Share(
                    name: Settings.relayMaxStreams.declaration.name,
                    wished: values[Settings.relayMaxStreams],
                    descriptorsEach: 1, weight: 1))
        }
        self.init(limit: limit, reserve: Self.reserve(values, processors: processors), shares: shares)
    }

    /// What the process has open beside connections and allocations, with some to spare.
    private static func reserve(_ values: SettingValues, processors: Int) -> Int {
        // Standard streams, a self-test, files and names that are looked up, connections over the limit that are about
        // to be closed.
        var count = 64
        count += PairingBackend(values)?.openFiles ?? 0
        let processors = max(1, processors)
        let loops = values[Settings.eventLoops] == 0 ? processors : values[Settings.eventLoops]
        // A poller, a timer and an event for each.
        count += 3 * loops + (values[Settings.tlsCert] == nil ? 1 : 2)
        guard values.hasRelay else { return count }
        let wanted = values[Settings.relayLoops]
        let relayLoops = min(wanted == 0 ? processors : wanted, RelayServerConfiguration.maxLoops)
        let transports = [
            values[Settings.relayUDP], values[Settings.relayTCP],
            values[Settings.relayTLS] && values[Settings.relayCert] != nil,
        ]
        let listeners = values[Settings.relayListenIPs].count * transports.count { $0 }
        return count + relayLoops * (2 + listeners)
    }

    /// The settings with limits that can be kept.
    func applied(to values: SettingValues) -> SettingValues {
        var values = values
        for share in cuts {
            switch share.name {
            case Settings.maxConnections.declaration.name:
                values.lower(Settings.maxConnections, to: share.granted)
            case Settings.relayMaxStreams.declaration.name:
                values.lower(Settings.relayMaxStreams, to: share.granted)
            default: values.lower(Settings.relayTotalQuota, to: share.granted)
            }
        }
        return values
    }
}
