/// The checked values of settings; what was not set has its default.
struct SettingValues: Sendable {
    private var texts: [String: String] = [:]

    /// Values that nobody set.
    static let defaults = SettingValues()

    private init() {}

    /// Reads and checks settings; the first that is not allowed ends it.
    init(_ settings: [SettingDeclaration], from sources: SettingSources) throws(UsageError) {
        for setting in settings {
            guard let (text, origin) = try sources.value(for: setting) else { continue }
            guard setting.accepts(text) else {
                throw UsageError("\(origin) is not allowed; allowed: \(setting.allowed)")
            }
            texts[setting.name] = text
        }
    }

    /// The value of one setting.
    subscript<Value>(setting: Setting<Value>) -> Value {
        texts[setting.declaration.name].flatMap(setting.read) ?? setting.defaultValue
    }
}
