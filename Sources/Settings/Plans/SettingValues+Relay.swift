import TURN

extension SettingValues {
    /// Whether this process relays by itself.
    package var hasRelay: Bool { self.relay.isOn && self.ice.turnURLs.isEmpty }

    /// Ports that peers see, of one address.
    package var relayPortCount: Int {
        max(0, self.relay.maxPort - self.relay.minPort + 1)
    }

    /// Allocations that there can be at a time: those of the quota, as far as ports and addresses allow.
    package func relayAllocations(addresses: Int) -> Int {
        let quota = self.turn.quotas.total
        let ports = relayPortCount * max(1, addresses)
        return quota == 0 ? ports : min(quota, ports)
    }
}
