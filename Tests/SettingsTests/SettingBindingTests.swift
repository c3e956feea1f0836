import Testing

@testable import Settings

@Suite("Where the values of settings are kept")
struct SettingBindingTests {
    /// Texts of every kind; each setting allows one that is not its default.
    private let samples = [
        "1", "true", "false", "0.005", "3", "70", "1100", "70000", "2000000", "debug", "json", "paired",
        "192.0.2.1", "https://a.example", "stun:a", "stun:a.example:3478", "a:b", "long enough",
        "long-enough",
    ]

    private func value(_ setting: Setting, of configuration: ServerConfiguration) -> String {
        String(describing: configuration[keyPath: setting.path as PartialKeyPath<ServerConfiguration>])
    }

    @Test("Each setting has a place of its own, by which it is found")
    func places() {
        for setting in Settings.all { #expect(Settings.at(setting.path).name == setting.name) }
    }

    @Test("A text changes the value of its setting, and of no other", arguments: Settings.all.indices)
    func change(index: Int) throws {
        let setting = Settings.all[index]
        let preset = ServerConfiguration()
        let changed = samples.lazy.compactMap { text -> ServerConfiguration? in
            guard let change = setting.change(text) else { return nil }
            var configuration = preset
            change(&configuration)
            return self.value(setting, of: configuration) == self.value(setting, of: preset)
                ? nil : configuration
        }.first
        let configuration = try #require(changed, "\(setting.name)")
        for other in Settings.all where other.name != setting.name {
            #expect(
                value(other, of: configuration) == value(other, of: preset),
                "\(setting.name) \(other.name)")
        }
    }

    @Test("A text that is not allowed changes nothing")
    func refused() {
        for setting in Settings.all where setting.type != .text {
            #expect(setting.change("no such\u{0} value,") == nil, "\(setting.name)")
        }
    }
}
