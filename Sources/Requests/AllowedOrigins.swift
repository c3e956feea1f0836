/// The origins (RFC 6454) whose pages may read the API's answers.
package enum AllowedOrigins: Equatable, Sendable {
    /// Every origin.
    case any
    /// These, compared without regard to case.
    case list(Set<String>)

    /// Reads the elements of a setting: `*` among them is `any`; a trailing slash is ignored.
    package init(_ origins: some Sequence<String>) {
        let normalized = origins.map { origin in
            let lowercased = origin.lowercased()
            return lowercased.hasSuffix("/") ? String(lowercased.dropLast()) : lowercased
        }
        self = normalized.contains("*") ? .any : .list(Set(normalized.filter { !$0.isEmpty }))
    }

    /// Whether pages of this origin may call.
    package func contains(_ origin: String) -> Bool {
        switch self {
        case .any: true
        case .list(let origins): origins.contains(origin.lowercased())
        }
    }
}
