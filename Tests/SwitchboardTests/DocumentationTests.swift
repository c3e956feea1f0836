import Foundation
import Testing

@testable import Switchboard

@Suite("Documents that follow the code")
struct DocumentationTests {
    /// With UPDATE_DOCS=1 (`make docs`) these tests write what they otherwise compare.
    private static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1"

    @Test("The settings and metrics in docs/operations.md are those of the program")
    func operations() throws {
        let file = packageRoot.appending(path: "docs/operations.md")
        var text = try String(contentsOf: file, encoding: .utf8)
        for (name, expected) in [
            ("settings", Settings.markdown()), ("metrics", MetricDescription.markdown()),
        ] {
            let begin = try #require(text.range(of: "<!-- \(name):begin, written by make docs -->\n"))
            let rest = begin.upperBound..<text.endIndex
            let end = try #require(text.range(of: "\n<!-- \(name):end -->", range: rest))
            if Self.isUpdating {
                text.replaceSubrange(begin.upperBound..<end.lowerBound, with: expected)
            } else {
                #expect(text[begin.upperBound..<end.lowerBound] == expected)
            }
        }
        if Self.isUpdating {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    @Test(".env.example has every setting once, with its default, and reads as no setting at all")
    func example() throws {
        let file = packageRoot.appending(path: ".env.example")
        let expected = Settings.dotEnvExample()
        if Self.isUpdating {
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
