import WebServer

/// The checked values of settings; a setting that was not set has its default. A value is read as the member of the
/// configuration that it is kept in: `values.web.port`.
@dynamicMemberLookup
package struct SettingValues: Sendable {
    private var configuration = ServerConfiguration()
    /// What was set, by the setting's name, for messages.
    private var texts: [String: String] = [:]

    /// Only defaults.
    package static let defaults = SettingValues()

    private init() {}

    /// Reads and checks settings, each by itself and then to each other; the first that is not allowed ends it.
    package init(_ settings: [Setting], from sources: SettingSources) throws(UsageError) {
        let (values, problems) = Self.read(settings, from: sources)
        if let problem = problems.first { throw problem }
        self = values
    }

    /// Reads and checks settings. A value that is not allowed is reported and replaced by the default.
    ///
    /// - Returns: the values, and everything that stops a start.
    package static func read(
        _ settings: [Setting], from sources: SettingSources
    ) -> (values: SettingValues, problems: [UsageError]) {
        var values = SettingValues()
        var problems: [UsageError] = []
        for setting in settings {
            guard let (text, origin) = sources.value(for: setting) else { continue }
            if let change = setting.change(text) {
                change(&values.configuration)
                values.texts[setting.name] = text
            } else {
                let mistake = setting.mistake(text).map { "; \($0)" } ?? ""
                problems.append(
                    UsageError("\(origin) is not allowed; allowed: \(setting.allowed)\(mistake)"))
            }
        }
        for relation in SettingRelation.all {
            do throws(UsageError) { try values.check(relation) } catch { problems.append(error) }
        }
        return (values, problems)
    }

    /// Whether the setting that is kept here was set, even if to its default.
    package func isSet(_ path: PartialKeyPath<ServerConfiguration>) -> Bool {
        isSet(named: Settings.at(path).name)
    }

    /// The same by the setting's name in the environment.
    package func isSet(named name: String) -> Bool { texts[name] != nil }

    /// A part of the configuration, or a value in it.
    package subscript<Value>(dynamicMember path: KeyPath<ServerConfiguration, Value>) -> Value {
        configuration[keyPath: path]
    }

    /// Puts a lower limit in the place of one that this machine cannot keep. Whether somebody has set it stays as it was.
    mutating func lower(_ path: WritableKeyPath<ServerConfiguration, Int>, to limit: Int) {
        configuration[keyPath: path] = limit
    }

    private func check(_ relation: SettingRelation) throws(UsageError) {
        let (left, right) = (relation.left, relation.right)
        guard relation.appliesToDefault || texts[left.name] != nil, !relation.holds(self) else { return }
        throw UsageError(
            "\(shown(left)) does not go with \(shown(right)); allowed: \(left.name) \(relation.rule)")
    }

    private func shown(_ setting: Setting) -> String {
        if let text = texts[setting.name] { return "\(setting.name) \(setting.shown(text))" }
        return
            "\(setting.name) \(setting.defaultText.isEmpty ? "that is not set" : "\(setting.defaultText) (default)")"
    }
}
