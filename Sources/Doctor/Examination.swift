import RelayServer
package import Settings

/// What checks may look at: the configuration as it was read, the machine, and a server that may run already.
package struct Examination: Sendable {
    package let configuration: ConfigurationReading
    package let machine: Machine
    /// The switchboard that answers on the configured port; nil if none does.
    var server: RunningServer?

    package init(configuration: ConfigurationReading, machine: Machine, server: RunningServer?) {
        (self.configuration, self.machine, self.server) = (configuration, machine, server)
    }

    /// The settings, with defaults where nothing usable was set.
    var values: SettingValues { configuration.values }

    /// Whether this configuration has a relay of its own.
    var hasRelay: Bool { values.hasRelay }

    /// The addresses that peers see; empty where the settings do not go with the machine.
    func relayPlan() throws(UsageError) -> RelayPlan {
        let host: RelayHost
        do throws(HostAddressesError) {
            host = try machine.relayHost()
        } catch {
            throw UsageError(error.forOperators)
        }
        return try RelayPlan(values, host: host)
    }
}

/// The configuration as the server would read it, and all that is wrong with it.
package struct ConfigurationReading: Sendable {
    /// With defaults in place of what is not allowed.
    package var values = SettingValues.defaults
    /// What would stop the start.
    var problems: [String] = []
    /// What the server would log a warning about.
    var notices: [String] = []
    /// How many settings each place decides, for people.
    var origins: [(place: String, count: Int)] = []
    /// Settings that stand in two places with different values: what decides, and what does not.
    var shadowed: [(setting: String, used: String, unused: String)] = []
    /// Files that hold a secret, and settings whose secret stands on the command line.
    package var secretFiles: [String] = []
    /// False if a source could not be read at all, so that the settings are not known completely.
    package var isComplete = true
}

/// A switchboard that answers.
package struct RunningServer: Equatable, Sendable {
    /// Whether it says that it is ready.
    var isReady: Bool
    /// Why not, in its own words.
    var problem: String?
    /// Whether the server reports that its relay is ready.
    var relayIsReady: Bool
    /// The process that has the port, where this user may see it.
    var process: ProcessFacts?
}
