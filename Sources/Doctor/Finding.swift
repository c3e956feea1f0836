/// One thing that `switchboard doctor` has found out, good or bad.
package struct Finding: Equatable, Sendable {
    /// How bad it is.
    package enum Level: String, CaseIterable, Comparable, Sendable {
        /// As it should be.
        case ok
        /// Worth knowing; nothing has to be done.
        case notice
        /// It works, but not well, not safely, or not for long.
        case warning
        /// Something does not work.
        case error

        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    let id: FindingID
    package let level: Level
    /// The setting, port or other object that this finding is about, if one check looks at several; else nil.
    let subject: String?
    /// One sentence without a full stop; holds no secrets.
    let summary: String
    /// What to do about it; nil where nothing is to be done.
    let advice: String?

    /// As it should be.
    static func ok(_ id: FindingID, of subject: String? = nil, _ summary: String) -> Finding {
        Finding(id: id, level: .ok, subject: subject, summary: summary, advice: nil)
    }

    /// Worth knowing.
    static func notice(
        _ id: FindingID, of subject: String? = nil, _ summary: String, do advice: String? = nil
    ) -> Finding {
        Finding(id: id, level: .notice, subject: subject, summary: summary, advice: advice)
    }

    /// Works, but not well, not safely, or not for long.
    static func warning(
        _ id: FindingID, of subject: String? = nil, _ summary: String, do advice: String
    ) -> Finding {
        Finding(id: id, level: .warning, subject: subject, summary: summary, advice: advice)
    }

    /// Does not work.
    static func error(
        _ id: FindingID, of subject: String? = nil, _ summary: String, do advice: String
    ) -> Finding {
        Finding(id: id, level: .error, subject: subject, summary: summary, advice: advice)
    }
}
