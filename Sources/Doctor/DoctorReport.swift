import JSON

/// How the findings of an examination look: for people line by line, or as JSON for machines.
package struct DoctorReport {
    /// Lines are no longer than this.
    let width: Int
    /// With the colours of a terminal.
    let hasColours: Bool

    package init(width: Int, hasColours: Bool) {
        (self.width, self.hasColours) = (width, hasColours)
    }

    private static let titleWidth = 15
    private static let markWidth = 2

    /// What one check has found, a line each, with what to do about it below.
    package func lines(_ check: DoctorCheck, _ findings: [Finding]) -> [String] {
        var lines: [String] = []
        for (index, finding) in findings.enumerated() {
            let title = index == 0 ? check.title : ""
            let head = title + String(repeating: " ", count: max(1, Self.titleWidth - title.count))
            let indent = String(repeating: " ", count: Self.markWidth + Self.titleWidth)
            for (number, part) in wrapped(finding.summary, width: width - indent.count).enumerated() {
                let start = mark(finding.level) + " " + (index == 0 ? bold(head) : head)
                lines.append((number == 0 ? start : indent) + part)
            }
            guard let advice = finding.advice else { continue }
            for (number, part) in wrapped(advice, width: width - indent.count - 2).enumerated() {
                lines.append(indent + dim((number == 0 ? "→ " : "  ") + part))
            }
        }
        return lines
    }

    /// The last line: how many findings of which kind.
    package func summary(_ findings: [Finding]) -> String {
        let counts = Finding.Level.allCases.reversed().filter { $0 != .ok }.compactMap { level -> String? in
            let count = findings.count { $0.level == level }
            guard count > 0 else { return nil }
            return coloured("\(count) \(level.rawValue)\(count == 1 ? "" : "s")", level)
        }
        return counts.isEmpty ? coloured("All is well.", .ok) : counts.joined(separator: ", ")
    }

    /// One JSON object in one line.
    ///
    /// - Parameter version: the program's.
    package static func json(
        _ findings: [Finding], _ checks: [(check: DoctorCheck, findings: [Finding])], version: String
    ) -> String {
        var object = JSONObjectWriter()
        object.add("version", version)
        for level in Finding.Level.allCases {
            object.add(level == .ok ? "ok" : level.rawValue + "s", findings.count { $0.level == level })
        }
        object.add(
            "findings",
            checks.flatMap { check, findings in
                findings.map { finding in
                    var entry = JSONObjectWriter()
                    entry.add("id", finding.id.rawValue)
                    entry.add("level", finding.level.rawValue)
                    entry.add("check", check.title)
                    if let subject = finding.subject { entry.add("subject", subject) }
                    entry.add("summary", finding.summary)
                    if let advice = finding.advice { entry.add("advice", advice) }
                    return entry
                }
            })
        return String(decoding: object.text, as: UTF8.self)
    }

    // MARK: Looks

    private func mark(_ level: Finding.Level) -> String {
        switch level {
        case .ok: coloured("✓", level)
        case .notice: coloured("i", level)
        case .warning: coloured("!", level)
        case .error: coloured("✗", level)
        }
    }

    private func coloured(_ text: String, _ level: Finding.Level) -> String {
        let code =
            switch level {
            case .ok: "32"
            case .notice: "36"
            case .warning: "1;33"
            case .error: "1;31"
            }
        return hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private func bold(_ text: String) -> String { hasColours ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    private func dim(_ text: String) -> String { hasColours ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// Words that are longer than a line stay whole, so that they can be copied. Control characters in text that
    /// came from files are removed.
    private func wrapped(_ text: String, width: Int) -> [String] {
        let clean = String(
            text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "?" : $0 })
        var lines: [String] = []
        var line = ""
        for word in clean.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
