import Access
import Callers
import Logging
import Logs

/// Asks for a route whether its call may be made: turns verdicts into refusals and log lines.
struct AdmissionCaller: Sendable {
    let admission: any Admission
    let failures: LogThrottle

    /// Returns if it may.
    func admit(_ action: Ask.Action, _ context: WebRequestContext) async throws(APIError) {
        switch await admission.verdict(on: Ask(action)) {
        case .admitted: return
        case .refused: throw .notAdmitted
        case .unavailable(let error):
            failures.log(context.logger, "Admission could not be decided", ["error": "\(error)"])
            throw .unavailable
        }
    }
}
