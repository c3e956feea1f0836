package import Access
import Synchronization

/// Considers some kinds of asks, and answers all of those alike.
package final class StubAdmission: Admission {
    private let kinds: Set<Ask.Kind>
    private let verdict: Verdict
    private let seen = Mutex<[Ask]>([])

    package init(_ verdict: Verdict, on kinds: Set<Ask.Kind> = Set(Ask.Kind.allCases)) {
        self.kinds = kinds
        self.verdict = verdict
    }

    /// What it was asked since the last look.
    package var asked: [Ask] {
        seen.withLock { seen in
            defer { seen = [] }
            return seen
        }
    }

    package func considers(_ kind: Ask.Kind) -> Bool { kinds.contains(kind) }

    package func decide(_ ask: Ask) async -> Verdict {
        seen.withLock { $0.append(ask) }
        return verdict
    }
}
