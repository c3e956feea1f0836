/// Settings that belong together.
struct SettingGroup: Sendable {
    /// The heading over them in help and documentation.
    let title: String
    /// In the order in which they are shown.
    let settings: [Setting]

    init(_ title: String, @SettingList _ settings: () -> [Setting]) {
        self.title = title
        self.settings = settings()
    }

    /// Every group, in the order in which help and documentation show them.
    static let all: [SettingGroup] = [
        server, pairing, access, logging, messages, connections, liveness, http, guessing, relay,
        relayCredentials, relayLimits, ice, lifecycle,
    ]
}

/// Makes a list of settings that stand one below the other.
@resultBuilder
enum SettingList {
    static func buildBlock(_ settings: Setting...) -> [Setting] { settings }
}
