/// The checked values of settings; what was not set has its default.
struct SettingValues: Sendable {
    private var texts: [String: String] = [:]

    /// Values that nobody set.
    static let defaults = SettingValues()

    private init() {}

    /// Reads and checks settings, each by itself and then to each other; the first that is not allowed ends it.
    init(_ settings: [SettingDeclaration], from sources: SettingSources) throws(UsageError) {
        for setting in settings {
            guard let (text, origin) = try sources.value(for: setting) else { continue }
            guard setting.accepts(text) else {
                throw UsageError("\(origin) is not allowed; allowed: \(setting.allowed)")
            }
            texts[setting.name] = text
        }
        for relation in SettingRelation.all {
            try check(relation)
        }
    }

    /// The value of one setting.
    subscript<Value>(setting: Setting<Value>) -> Value {
        texts[setting.declaration.name].flatMap(setting.read) ?? setting.defaultValue
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
