import Foundation
import SettingFixtures
import Testing

@testable import Doctor

@Suite("The doctor")
struct DoctorTests {
    private func examination(_ environment: [String: String] = [:]) async throws -> Examination {
        Examination(
            configuration: ConfigurationReading(values: try await values(environment: environment)),
            machine: healthyMachine(), server: nil)
    }

    @Test(
        "Nothing is wrong with a machine that is well set up, and every finding with a fault says what to do")
    func healthy() async throws {
        let findings = await Doctor().examine(
            try await examination([
                "USE_SQLITE": "1", "SQLITE_DB_PATH": "/srv/data/chat.db", "HOST": "127.0.0.1",
                "TRUSTED_PROXIES": "127.0.0.1", "RELAY_SECRETS": "f52b9b1f0c1e4d6a8c35",
                "ICE_HOST": "calls.example.org",
                "RELAY_CERT": "cert.pem", "RELAY_KEY": "key.pem",
            ]))
        #expect(findings.filter { $0.level > .ok }.isEmpty, "\(findings.text)")
        #expect(findings.count > DoctorCheck.all.count)
    }

    @Test("Defaults have no errors and no warnings on a good machine")
    func defaults() async throws {
        let findings = await Doctor().examine(try await examination())
        #expect(findings.worst == .notice, "\(findings.text)")
        #expect(findings.allSatisfy { $0.level < .warning || $0.advice != nil })
    }

    @Test("A check that hangs is given up, and the others are made")
    func hanging() async throws {
        let hangs = DoctorCheck("Hangs", limit: .milliseconds(50)) { _ in
            sleep(60)
            return []
        }
        let good = DoctorCheck("Good") { _ in [.ok(.clockYear, "fine")] }
        let start = ContinuousClock.now
        let findings = await Doctor(checks: [hangs, good]).examine(try await examination())
        #expect(findings.map(\.id) == [.unfinished, .clockYear])
        #expect(findings.first?.level == .warning)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("Each check is told of once, in their order, with a title that fits")
    func order() async throws {
        var titles: [String] = []
        let findings = await Doctor().examine(try await examination()) { check, findings in
            titles.append(check.title)
            #expect(!findings.isEmpty, "\(check.title)")
        }
        #expect(titles == DoctorCheck.all.map(\.title))
        #expect(titles.allSatisfy { $0.count <= 13 })
        #expect(findings.allSatisfy { !$0.summary.hasSuffix(".") && !$0.summary.contains("\n") })
    }

    @Test("No two findings have the same id by accident, and all ids are in docs/operations.md")
    func documented() throws {
        let text = try String(contentsOf: packageRoot.appending(path: "docs/operations.md"), encoding: .utf8)
        for id in FindingID.allCases { #expect(text.contains("`\(id.rawValue)`"), "\(id.rawValue)") }
    }
}
