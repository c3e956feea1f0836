/// All settings.
package enum Settings {
    /// Every setting, group after group, in the order in which help and documentation show them.
    package static let all: [Setting] = SettingGroup.all.flatMap(\.settings)

    /// The settings that `switchboard db` commands know.
    package static let database = [at(\.pairing.databasePath), at(\.configFile)]

    /// The settings that `switchboard credentials` commands know.
    package static let credentials = [
        at(\.relay.secrets), at(\.ice.credentialSeconds), at(\.turnServerFile), at(\.configFile),
    ]

    /// The setting whose value is kept at a place of the configuration. Only places that a setting is bound to are
    /// asked for; tests ask for each.
    static func at(_ path: PartialKeyPath<ServerConfiguration>) -> Setting {
        guard let setting = all.first(where: { $0.path == path }) else {
            preconditionFailure("no setting is bound to \(path)")
        }
        return setting
    }
}
