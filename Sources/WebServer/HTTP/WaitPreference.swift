import HTTPTypes
import Hummingbird

/// How long a client would wait for an answer (RFC 7240 §4.3).
struct WaitPreference {
    /// No answer is held longer: proxies cut off what is silent for half a minute.
    static let longest = Duration.seconds(25)

    /// As long as is granted, which may be shorter than asked for.
    let duration: Duration

    /// What the request's `Prefer` fields ask for; nil without a `wait` that is a whole number of seconds from 1.
    init?(_ headers: HTTPFields) {
        for line in headers[values: .prefer] {
            for preference in line.split(separator: ",") {
                // Parameters behind a semicolon mean nothing here.
                let wish = preference.prefix { $0 != ";" }
                let parts = wish.split(separator: "=", maxSplits: 1).map { $0.trimmingOptionalWhitespace() }
                guard parts.count == 2, parts[0].lowercased() == "wait" else { continue }
                guard let seconds = UInt16(parts[1]), seconds > 0 else { return nil }
                duration = min(.seconds(Int64(seconds)), Self.longest)
                return
            }
        }
        return nil
    }

    /// What `Preference-Applied` says (RFC 7240 §3).
    var applied: String { "wait=\(duration.components.seconds)" }
}

extension HTTPField.Name {
    static let prefer = waitHeader("Prefer")
    static let preferenceApplied = waitHeader("Preference-Applied")

    private static func waitHeader(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else {
            preconditionFailure("\(name) is a token (RFC 9110 §5.6.2)")
        }
        return name
    }
}
