import MetricDescriptions
import RelayServer
import STUN
import TURN
import Telemetry
import Testing

@testable import Switchboard

@Suite("Metrics of the relay")
struct RelayMetricsTests {
    private func labels(_ metric: String, _ label: String) throws -> Set<String> {
        let description = try #require(RelayServer.metrics.first { $0.name == metric })
        return Set(try #require(description.labels.first { $0.name == label }).values)
    }

    @Test("The values of labels are those of the program's lists")
    func descriptions() throws {
        #expect(
            try labels("switchboard_relay_refusals_total", "code")
                == Set(ErrorCode.allCases.map { String($0.rawValue) }))
        #expect(
            try labels("switchboard_relay_drops_total", "reason")
                == Set(DropReason.allCases.map(\.label) + SendDrop.allCases.map(\.rawValue)))
        #expect(
            try labels("switchboard_relay_peer_denials_total", "reason")
                == Set(PeerDenial.allCases.map(\.label)))
        #expect(
            try labels("switchboard_relay_quota_hits_total", "quota")
                == Set(Quota.allCases.map(\.label) + ["ports"]))
        #expect(
            try labels("switchboard_relay_streams_ended_total", "reason")
                == Set(StreamEnd.allCases.map(\.rawValue)))
        #expect(
            try labels("switchboard_relay_packets_total", "transport")
                == Set(ClientTransport.allCases.map(\.label)))
        #expect(
            try labels("switchboard_relay_loop_busy_seconds_total", "loop").count
                == RelayServerConfiguration.maxLoops)
    }

    @Test("Everything that is described is printed, and everything that is printed is described")
    func printed() {
        let registry = MetricsRegistry()
        registry.describe(MetricDescription.all)
        registry.onScrape { RelayMetrics.read([RelaySnapshot(), RelaySnapshot()]) }
        let text = registry.prometheusText()
        let names = Set(
            text.split(separator: "\n").compactMap { line in
                line.hasPrefix("switchboard_relay_") ? String(line.prefix { $0 != "{" && $0 != " " }) : nil
            })
        #expect(names == Set(RelayServer.metrics.map(\.name)))
        #expect(text.contains("switchboard_relay_loop_busy_seconds_total{loop=\"1\"} 0"))
        for name in names { #expect(text.contains("# HELP \(name) ")) }
    }
}
