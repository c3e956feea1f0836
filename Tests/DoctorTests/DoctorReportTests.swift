import Foundation
import Testing

@testable import Doctor

@Suite("The doctor's report")
struct DoctorReportTests {
    private let check = DoctorCheck("Clock") { _ in [] }
    private let findings: [Finding] = [
        .ok(.clockYear, "fine"),
        .warning(
            .clockSkew, of: "x", "it is\u{1B}[31m wrong, and for longer than a line has room", do: "set it"),
    ]

    @Test("For people: a mark, the title once, lines that fit, what to do below, and no control characters")
    func lines() {
        let report = DoctorReport(width: 50, hasColours: false)
        let lines = report.lines(check, findings)
        #expect(lines.first == "✓ Clock          fine")
        #expect(lines.allSatisfy { $0.count <= 50 })
        #expect(lines.count == 4 && lines[1].hasPrefix("!                it is?[31m wrong,"))
        #expect(lines.last == "                 → set it")
        #expect(!lines.joined().contains("\u{1B}"))
        #expect(report.summary(findings) == "1 warning")
        #expect(report.summary([findings[0]]) == "All is well.")
        #expect(DoctorReport(width: 50, hasColours: true).lines(check, findings)[0].contains("\u{1B}[32m"))
    }

    @Test("For machines: one object with counts, and findings with stable ids")
    func json() throws {
        struct Report: Decodable {
            struct Entry: Decodable, Equatable {
                var id: String
                var level: String
                var check: String
                var subject: String?
                var summary: String
                var advice: String?
            }
            let version: String
            let ok: Int
            let notices: Int
            let warnings: Int
            let errors: Int
            let findings: [Entry]
        }
        let text = DoctorReport.json(findings, [(check, findings)], version: "1.2.3")
        let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
        #expect(report.ok == 1 && report.notices == 0)
        #expect(report.warnings == 1 && report.errors == 0)
        #expect(report.version == "1.2.3")
        #expect(
            report.findings.first
                == Report.Entry(id: "clock.year", level: "ok", check: "Clock", summary: "fine"))
        #expect(report.findings.last?.subject == "x" && report.findings.last?.advice == "set it")
        #expect(!text.contains("\n"))
    }
}
