import OperatorText

/// One thing an operator can set: what there is to say about it, and the place of the configuration that its value
/// goes to.
///
/// That place also is the setting's name in the program (``Settings/at(_:)``), and the value that a new
/// ``ServerConfiguration`` has there is the default. The help text, `docs/operations.md` and `.env.example` are made
/// from all settings.
package struct Setting: Sendable {
    /// The name in the environment and in `.env`, for example `SQLITE_DB_PATH`.
    package let name: String
    /// The name on the command line without its dashes, which is also the key in the JSON file.
    package let key: String
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
    /// Where the value is kept.
    let path: any PartialKeyPath<ServerConfiguration> & Sendable
    /// What a text changes in the configuration; nil when that text is not allowed.
    let change: @Sendable (_ text: String) -> (@Sendable (inout ServerConfiguration) -> Void)?
    /// Where the mistake is in a long value, in words that reveal nothing of a secret; nil if the value itself
    /// shows it.
    let mistake: @Sendable (String) -> String?

    /// The name on the command line, for example `--sqlite-db-path`.
    var flag: String { "--" + key }
    /// The flag that turns a switch off.
    var negatedFlag: String { "--no-" + key }

    /// Whether a text is allowed.
    func accepts(_ text: String) -> Bool { change(text) != nil }

    /// A value as a line for people may show it.
    func shown(_ text: String) -> String { isSecret ? "(secret)" : text.quoted }
}

/// What the text of a value stands for.
enum SettingType: String, Sendable {
    case wholeNumber = "number"
    case number = "decimal"
    case seconds
    case yesOrNo = "yes/no"
    case word
    case text
    case list
}

/// A place of the configuration that a setting is bound to.
typealias SettingPath<Value> = WritableKeyPath<ServerConfiguration, Value> & Sendable
