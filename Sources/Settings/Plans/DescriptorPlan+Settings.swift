package import Addresses
import RelayServer
import TURN
import WebServer

extension DescriptorPlan {
    /// Where every port may be used, it is the number of ports that limits allocations.
    private static let relayPorts = "relay ports"

    /// What these settings take of the files that may be open.
    ///
    /// - Parameters:
    ///   - limit: files that may be open.
    ///   - relaying: the addresses of this machine that are relayed from (``RelayAddressPlan/locals(_:host:)``); none
    ///     without a relay.
    ///   - processors: those that are online; loops are made for each.
    package init(_ values: SettingValues, limit: Int, relaying: [IPAddress], processors: Int) {
        var shares = [
            Share(
                name: Settings.at(\.web.connections.maxConnections).name,
                wished: values.web.connections.maxConnections,
                descriptorsEach: 1, weight: 5)
        ]
        if values.hasRelay {
            let quota = values.turn.quotas.total
            shares.append(
                Share(
                    name: quota > 0 ? Settings.at(\.turn.quotas.total).name : Self.relayPorts,
                    wished: values.relayAllocations(addresses: relaying.count),
                    // One may have an address of each family (RFC 8656 §7.1).
                    descriptorsEach: max(1, Set(relaying.map(\.family)).count), weight: 3))
            shares.append(
                Share(
                    name: Settings.at(\.relayServer.streams.maxStreams).name,
                    wished: values.relayServer.streams.maxStreams,
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
        let loops = values.web.eventLoops == 0 ? processors : values.web.eventLoops
        // A poller, a timer and an event for each of NIO's, and for each of the sessions'.
        count += 6 * loops + (values.certificate.chain == nil ? 1 : 2)
        guard values.hasRelay else { return count }
        let wanted = values.relay.loops
        let relayLoops = min(wanted == 0 ? processors : wanted, RelayServerConfiguration.maxLoops)
        let transports = [
            values.relay.servesUDP, values.relay.servesTCP,
            values.relay.servesTLS && values.relay.certificate.chain != nil,
        ]
        let listeners = values.relay.listenIPs.count * transports.count { $0 }
        return count + relayLoops * (2 + listeners)
    }

    /// The settings with limits that can be kept.
    package func applied(to values: SettingValues) -> SettingValues {
        var lowered = values
        for share in cuts { lowered.lower(Self.settings(share).total, to: share.granted) }
        for cut in cutsOfOne(values) { lowered.lower(cut.setting, to: cut.granted) }
        return lowered
    }

    /// A limit of one address or one user that is lowered with its total.
    private struct CutOfOne {
        let setting: WritableKeyPath<ServerConfiguration, Int>
        let wished: Int
        let granted: Int
    }

    /// Limits of one that were below a total which is cut become at most half of what is left of it. Otherwise one
    /// address could take everything, which the settings did not allow. A limit that was not below the total is none.
    private func cutsOfOne(_ values: SettingValues) -> [CutOfOne] {
        cuts.flatMap { share -> [CutOfOne] in
            let most = max(1, share.granted / 2)
            return Self.settings(share).ofOne.compactMap { setting -> CutOfOne? in
                let limit = values[dynamicMember: setting]
                guard limit > most, limit < share.wished else { return nil }
                return CutOfOne(setting: setting, wished: limit, granted: most)
            }
        }
    }

    /// The setting that a share is of, and those that limit what one address or user may have of it.
    private static func settings(_ share: Share) -> (
        total: WritableKeyPath<ServerConfiguration, Int>, ofOne: [WritableKeyPath<ServerConfiguration, Int>]
    ) {
        switch share.name {
        case Settings.at(\.web.connections.maxConnections).name:
            (\.web.connections.maxConnections, [\.web.connections.maxConnectionsPerAddress])
        case Settings.at(\.relayServer.streams.maxStreams).name:
            (\.relayServer.streams.maxStreams, [\.relayServer.streams.maxStreamsPerAddress])
        default: (\.turn.quotas.total, [\.turn.quotas.perAddress, \.turn.quotas.perUser])
        }
    }

    /// `MAX_CONNECTIONS 50000 to 492, RELAY_MAX_STREAMS 10000 to 98, RELAY_MAX_STREAMS_PER_ADDRESS 128 to 49`; empty if
    /// nothing is cut.
    package func cutsInWords(_ values: SettingValues) -> String {
        let ofOne = cutsOfOne(values).map { "\(Settings.at($0.setting).name) \($0.wished) to \($0.granted)" }
        return ([cutsInWords] + ofOne).joined(separator: ", ")
    }
}
