import CoreMetrics
import Testing

@testable import Telemetry

@Suite("Prometheus text")
struct PrometheusTextTests {
    @Test("Every kind of metric is printed in a stable order, with help and type")
    func golden() {
        let registry = MetricsRegistry()
        registry.describe("app_messages_total", help: "Messages forwarded, by type.")
        registry.describe("app_rooms", help: "Live rooms.")
        registry.describe("app_call_seconds", help: "Time\nof \\ a call.", bounds: [0.1, 0.5, 2])
        registry.makeCounter(label: "app_messages", dimensions: [("type", "offer")]).increment(by: 2)
        registry.makeCounter(label: "app_messages", dimensions: [("type", "answer")]).increment(by: 1)
        registry.makeFloatingPointCounter(label: "app_busy_seconds_total", dimensions: []).increment(by: 1.25)
        registry.makeMeter(label: "app_rooms", dimensions: []).set(Int64(7))
        let timer = registry.makeTimer(label: "app_call_seconds", dimensions: [("store", "sqlite")])
        timer.recordNanoseconds(100_000_000)
        timer.recordNanoseconds(400_000_000)
        timer.recordNanoseconds(3_000_000_000)

        #expect(
            registry.prometheusText() == #"""
                # TYPE app_busy_seconds_total counter
                app_busy_seconds_total 1.25
                # HELP app_call_seconds Time\nof \\ a call.
                # TYPE app_call_seconds histogram
                app_call_seconds_bucket{store="sqlite",le="0.1"} 1
                app_call_seconds_bucket{store="sqlite",le="0.5"} 2
                app_call_seconds_bucket{store="sqlite",le="2"} 2
                app_call_seconds_bucket{store="sqlite",le="+Inf"} 3
                app_call_seconds_sum{store="sqlite"} 3.5
                app_call_seconds_count{store="sqlite"} 3
                # HELP app_messages_total Messages forwarded, by type.
                # TYPE app_messages_total counter
                app_messages_total{type="answer"} 1
                app_messages_total{type="offer"} 2
                # HELP app_rooms Live rooms.
                # TYPE app_rooms gauge
                app_rooms 7
                # HELP switchboard_metrics_dropped_series_total \#
                Series that were not kept because too many exist or their name has another type.
                # TYPE switchboard_metrics_dropped_series_total counter
                switchboard_metrics_dropped_series_total 0

                """#)
    }

    @Test("Label values are escaped and illegal characters of names replaced")
    func escaping() {
        let registry = MetricsRegistry()
        registry.makeCounter(label: "2 é.x", dimensions: [("a-b", "q\"\\\n")]).increment(by: 1)
        #expect(registry.prometheusText().contains(#"_2____x_total{a_b="q\"\\\n"} 1"# + "\n") == false)
        #expect(registry.prometheusText().contains(#"_2___x_total{a_b="q\"\\\n"} 1"# + "\n"))
    }

    @Test("The order of labels does not make another series, and a name given twice counts once")
    func labelIdentity() {
        let registry = MetricsRegistry()
        registry.makeCounter(label: "c", dimensions: [("b", "2"), ("a", "1")]).increment(by: 1)
        registry.makeCounter(label: "c", dimensions: [("a", "1"), ("b", "2"), ("a", "9")]).increment(by: 1)
        #expect(registry.prometheusText().contains(#"c_total{a="1",b="2"} 2"#))
    }

    @Test("Numbers that are not finite are spelled as Prometheus spells them")
    func specialNumbers() {
        let registry = MetricsRegistry()
        registry.makeMeter(label: "nan", dimensions: []).set(Double.nan)
        registry.makeMeter(label: "plus", dimensions: []).set(Double.infinity)
        registry.makeMeter(label: "minus", dimensions: []).set(-Double.infinity)
        registry.makeMeter(label: "small", dimensions: []).set(0.00001)
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains("nan NaN"))
        #expect(lines.contains("plus +Inf"))
        #expect(lines.contains("minus -Inf"))
        #expect(lines.contains("small 1e-05"))
    }

    @Test("Values read at scrape time are merged into the same order")
    func scraped() {
        let registry = MetricsRegistry()
        registry.onScrape {
            [
                ScrapedMetric("z", help: "Last.", kind: .gauge, value: 1),
                ScrapedMetric("a", help: "First.", kind: .counter, labels: [("k", "2")], value: 5),
                ScrapedMetric("a", help: "First.", kind: .counter, labels: [("k", "1")], value: 4),
            ]
        }
        let text = registry.prometheusText()
        #expect(
            text.hasPrefix(
                """
                # HELP a_total First.
                # TYPE a_total counter
                a_total{k="1"} 4
                a_total{k="2"} 5

                """))
        #expect(text.hasSuffix("# HELP z Last.\n# TYPE z gauge\nz 1\n"))
    }
}
