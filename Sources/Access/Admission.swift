/// What became of an ask.
package enum Verdict: Sendable {
    /// It may be done.
    case admitted
    /// It may not.
    case refused
    /// It could not be found out; asking again later is right. The error is for the log.
    case unavailable(any Error)
}

/// Decides who may do what: the one question that is put before an invitation, an accept, a join, credentials, and calls
/// about rooms.
///
/// Callers refuse what is malformed, and keep to limits, before they ask; an ask that is refused has changed nothing and
/// counts as no guess. All methods may be called from any thread, at any rate.
package protocol Admission: Sendable {
    /// Whether asks of this kind are decided on; all others are admitted at once. Always the same for one admission.
    func considers(_ kind: Ask.Kind) -> Bool

    /// The verdict on an ask of a kind that is considered. It may take time; the caller has a deadline.
    func decide(_ ask: Ask) async -> Verdict
}

extension Admission {
    /// The verdict on any ask, at once if its kind is not considered.
    package func verdict(on ask: Ask) async -> Verdict {
        considers(ask.kind) ? await decide(ask) : .admitted
    }
}

/// Every caller may do everything that a call by itself allows.
package struct OpenAdmission: Admission {
    /// The default of a server.
    package init() {}

    package func considers(_ kind: Ask.Kind) -> Bool { false }
    package func decide(_ ask: Ask) async -> Verdict { .admitted }
}
