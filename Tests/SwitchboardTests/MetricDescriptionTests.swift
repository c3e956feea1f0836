import MetricDescriptions
import Requests
import SessionLoops
import Signaling
import Testing

@testable import Switchboard
@testable import WebAPI
@testable import WebServer

@Suite("Descriptions of metrics")
struct MetricDescriptionTests {
    private func values(_ metric: String, _ label: String) throws -> Set<String> {
        let description = try #require(MetricDescription.all.first { $0.name == metric })
        let values = try #require(description.labels.first { $0.name == label }).values
        #expect(Set(values).count == values.count)
        return Set(values)
    }

    private func names<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> Set<String> {
        Set(Value.allCases.map(\.rawValue))
    }

    @Test("Every metric is described once, and what counts up ends in total")
    func unique() {
        let all = MetricDescription.all
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(all.allSatisfy { ($0.kind == .counter) == $0.name.hasSuffix("_total") })
    }

    @Test("The values of labels are those of the program's lists")
    func labels() throws {
        #expect(
            try values("switchboard_connections_refused_total", "reason")
                == names(ConnectionTable.Refusal.self))
        #expect(try values("switchboard_connections_ended_total", "reason") == names(ConnectionEnd.self))
        #expect(try values("switchboard_websocket_sessions_ended_total", "reason") == names(SessionEnd.self))
        #expect(
            try values("switchboard_signaling_messages_total", "type")
                == Set(CountedMessage.allCases.map(\.label)))
        #expect(try values("switchboard_signaling_refusals_total", "reason") == names(CountedRefusal.self))
        #expect(
            try values("switchboard_http_requests_total", "route")
                == Set(Resource.all.map(\.path)).union(["unknown"]))
        #expect(try values("switchboard_store_seconds", "call") == names(PairingCall.self))
        #expect(try values("switchboard_pairing_calls_total", "call") == names(PairingCall.self))
    }

    @Test("Reasons and outcomes of HTTP have every error of the API and every limit")
    func errors() throws {
        let reasons = try values("switchboard_http_refusals_total", "reason")
        #expect(reasons.isSuperset(of: names(ErrorID.self)))
        #expect(reasons.isSuperset(of: names(RateLimitReason.self)))
        #expect(reasons.isSuperset(of: ConnectionMetrics.refusalReasons))
        let outcomes = try values("switchboard_pairing_calls_total", "outcome")
        #expect(outcomes.isSuperset(of: names(HTTPMetrics.Outcome.self)))
        let pageErrors: Set = ["unauthorized", "forbidden", "pairing_disabled", "method_not_allowed"]
        #expect(
            outcomes == names(ErrorID.self).subtracting(pageErrors).union(names(HTTPMetrics.Outcome.self)))
    }
}
