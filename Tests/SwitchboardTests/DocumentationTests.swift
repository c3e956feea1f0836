import Foundation
import MetricDescriptions
import SettingFixtures
import Testing

@testable import Settings
@testable import Switchboard

@Suite("Documents that follow the code")
struct DocumentationTests {
    @Test("The settings and metrics in docs/operations.md are those of the program")
    func operations() throws {
        for (name, expected) in [
            ("settings", Settings.markdown()), ("metrics", MetricDescription.markdown()),
        ] {
            try GeneratedBlock(name, in: "docs/operations.md").follows(expected)
        }
    }

    @Test(".env.example has every setting once, with its default, and reads as no setting at all")
    func example() throws {
        let file = packageRoot.appending(path: ".env.example")
        let expected = Settings.dotEnvExample()
        if GeneratedBlock.isUpdating {
            try expected.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == expected)
        #expect(DotEnvFile(expected).values.isEmpty)
        let uncommented = expected.replacing(/(?m)^#([A-Z])/) { $0.1 }
        let values = DotEnvFile(uncommented).values
        #expect(Set(values.keys) == Set(Settings.all.map(\.name)))
        for setting in Settings.all {
            #expect(values[setting.name] == setting.defaultText)
        }
    }

    @Test("Help fits a terminal of 80 columns and names every setting")
    func help() {
        let help = Settings.help(Settings.all)
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
        for setting in Settings.all {
            #expect(help.contains("  \(setting.flag)"))
            #expect(help.contains("[\(setting.name)]"))
        }
    }
}
