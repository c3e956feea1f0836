import OperatorText

/// One thing an operator can set, and the type its value has in the program.
///
/// `Setting` is a typed key; everything that does not depend on the type is its `declaration`. All settings
/// stand in one table, `Settings.all`, from which the help text, `docs/operations.md` and the checks of
/// `.env.example` are made.
package struct Setting<Value: Sendable>: Sendable {
    package let declaration: SettingDeclaration
    package let defaultValue: Value
    /// The value a text stands for, or nil when that text is not allowed.
    let read: @Sendable (String) -> Value?
}

/// What there is to say about a setting.
package struct SettingDeclaration: Sendable {
    /// The name in the environment and in `.env`, for example `SQLITE_DB_PATH`.
    package let name: String
    /// The name on the command line without its dashes, which is also the key in the JSON file.
    package let key: String
    let group: SettingGroup
    /// What a value is, for example `seconds`.
    let type: SettingType
    /// Which values are allowed, in words that can follow "allowed: ".
    package let allowed: String
    /// The default as an operator would write it; empty when the setting is off by default.
    let defaultText: String
    /// The value is never printed.
    package let isSecret: Bool
    /// One sentence.
    let summary: String
    let accepts: @Sendable (String) -> Bool
    /// Where the mistake is in a long value, in words that reveal nothing of a secret; nil if the value itself
    /// shows it.
    var mistake: @Sendable (String) -> String? = { _ in nil }

    /// The name on the command line, for example `--sqlite-db-path`.
    var flag: String { "--" + key }
    /// The flag that turns a switch off.
    var negatedFlag: String { "--no-" + key }

    /// A value as a line for people may show it.
    func shown(_ text: String) -> String { isSecret ? "(secret)" : text.quoted }
}

/// What the text of a value stands for.
package enum SettingType: String, Sendable {
    case wholeNumber = "number"
    case number = "decimal"
    case seconds
    case yesOrNo = "yes/no"
    case word
    case text
    case list
}

/// Settings that belong together, in the order in which help and documentation show them.
package enum SettingGroup: String, CaseIterable, Sendable {
    case server = "Server"
    case pairing = "Pairing"
    case access = "Access"
    case logging = "Logging"
    case messages = "Messages and rooms"
    case connections = "Connections"
    case liveness = "Liveness"
    case http = "HTTP"
    case guessing = "Guessing join codes"
    case relay = "Relay"
    case relayCredentials = "Relay credentials"
    case relayLimits = "Relay limits"
    case ice = "ICE servers"
    case lifecycle = "Life cycle"
}
