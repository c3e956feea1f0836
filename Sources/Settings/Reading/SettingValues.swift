/// The checked values of settings; a setting that was not set has its default.
package struct SettingValues: Sendable {
    private var texts: [String: String] = [:]
    /// Limits that this machine cannot keep as they were set, or preset.
    private var lowered: [String: Int] = [:]

    /// Only defaults.
    package static let defaults = SettingValues()

    private init() {}

    /// Reads and checks settings, each by itself and then to each other; the first that is not allowed ends it.
    package init(_ settings: [SettingDeclaration], from sources: SettingSources) throws(UsageError) {
        let (values, problems) = Self.read(settings, from: sources)
        if let problem = problems.first { throw problem }
        self = values
    }

    /// Reads and checks settings. A value that is not allowed is reported and replaced by the default.
    ///
    /// - Returns: the values, and everything that stops a start.
    package static func read(
        _ settings: [SettingDeclaration], from sources: SettingSources
    ) -> (values: SettingValues, problems: [UsageError]) {
        var values = SettingValues()
        var problems: [UsageError] = []
        for setting in settings {
            guard let (text, origin) = sources.value(for: setting) else { continue }
            if setting.accepts(text) {
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

    /// Whether this was set, even if to its default.
    package func isSet<Value>(_ setting: Setting<Value>) -> Bool { isSet(named: setting.declaration.name) }

    /// The same by the setting's name in the environment.
    package func isSet(named name: String) -> Bool { texts[name] != nil }

    /// The value of one setting.
    package subscript<Value>(setting: Setting<Value>) -> Value {
        let text = lowered[setting.declaration.name].map(String.init) ?? texts[setting.declaration.name]
        return text.flatMap(setting.read) ?? setting.defaultValue
    }

    /// Puts a lower limit in the place of one that this machine cannot keep. Whether somebody has set it stays as it was.
    mutating func lower(_ setting: Setting<Int>, to limit: Int) {
        lowered[setting.declaration.name] = limit
    }

    private func check(_ relation: SettingRelation) throws(UsageError) {
        let (left, right) = (relation.left, relation.right)
        guard relation.appliesToDefault || texts[left.name] != nil, !relation.holds(self) else { return }
        throw UsageError(
            "\(shown(left)) does not go with \(shown(right)); allowed: \(left.name) \(relation.rule)")
    }

    private func shown(_ setting: SettingDeclaration) -> String {
        if let text = texts[setting.name] { return "\(setting.name) \(setting.shown(text))" }
        return
            "\(setting.name) \(setting.defaultText.isEmpty ? "that is not set" : "\(setting.defaultText) (default)")"
    }
}
