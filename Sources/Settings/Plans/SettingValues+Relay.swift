extension SettingValues {
    /// Whether this process relays by itself.
    package var hasRelay: Bool { self[Settings.useRelay] && self[Settings.turnURLs].isEmpty }

    /// Ports that peers see, of one address.
    package var relayPortCount: Int {
        max(0, self[Settings.relayMaxPort] - self[Settings.relayMinPort] + 1)
    }

    /// Allocations that there can be at a time: those of the quota, as far as ports and addresses allow.
    package func relayAllocations(addresses: Int) -> Int {
        let quota = self[Settings.relayTotalQuota]
        let ports = relayPortCount * max(1, addresses)
        return quota == 0 ? ports : min(quota, ports)
    }
}
