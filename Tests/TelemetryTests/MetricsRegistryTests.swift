import CoreMetrics
import Testing

@testable import Telemetry

@Suite("Metrics registry")
struct MetricsRegistryTests {
    @Test("Beyond the bound a new series is dropped and counted, and the existing ones go on")
    func seriesBound() {
        let registry = MetricsRegistry(maxSeries: 2)
        let first = registry.makeCounter(label: "c", dimensions: [("k", "1")])
        registry.makeCounter(label: "c", dimensions: [("k", "2")]).increment(by: 1)
        registry.makeCounter(label: "c", dimensions: [("k", "3")]).increment(by: 1)
        registry.makeTimer(label: "t", dimensions: []).recordNanoseconds(1)
        first.increment(by: 4)
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains(#"c_total{k="1"} 4"#))
        #expect(lines.contains(#"c_total{k="2"} 1"#))
        #expect(lines.contains("switchboard_metrics_dropped_series_total 2"))
        #expect(!lines.contains { $0.contains(#"k="3""#) || $0.hasPrefix("t_") })
    }

    @Test("A destroyed series is gone and makes room for another")
    func destroy() {
        let registry = MetricsRegistry(maxSeries: 1)
        let counter = registry.makeCounter(label: "c", dimensions: [("k", "1")])
        registry.destroyCounter(counter)
        registry.makeCounter(label: "c", dimensions: [("k", "2")]).increment(by: 1)
        let text = registry.prometheusText()
        #expect(text.contains(#"c_total{k="2"} 1"#))
        #expect(!text.contains(#"k="1""#))
    }

    @Test("A name that is taken by another kind of metric is refused and counted")
    func kindConflict() {
        let registry = MetricsRegistry()
        registry.makeMeter(label: "x_total", dimensions: []).set(Int64(1))
        registry.makeCounter(label: "x", dimensions: []).increment(by: 5)
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains("x_total 1"))
        #expect(lines.contains("switchboard_metrics_dropped_series_total 1"))
    }

    @Test("A counter never goes down")
    func monotonic() {
        let registry = MetricsRegistry()
        let whole = registry.makeCounter(label: "whole", dimensions: [])
        whole.increment(by: 3)
        whole.increment(by: -2)
        let fraction = registry.makeFloatingPointCounter(label: "fraction", dimensions: [])
        fraction.increment(by: 1.5)
        fraction.increment(by: -1)
        fraction.increment(by: .nan)
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains("whole_total 3"))
        #expect(lines.contains("fraction_total 1.5"))
    }

    @Test("A gauge rises, falls and is set; a recorder that does not aggregate is one")
    func gauges() {
        let registry = MetricsRegistry()
        let meter = registry.makeMeter(label: "meter", dimensions: [])
        meter.set(Int64(10))
        meter.increment(by: 2.5)
        meter.decrement(by: 1)
        registry.makeRecorder(label: "recorder", dimensions: [], aggregate: false).record(Int64(4))
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains("meter 11.5"))
        #expect(lines.contains("recorder 4"))
        #expect(lines.contains("# TYPE recorder gauge"))
    }

    @Test("Counts sorted into buckets elsewhere are added to the histogram")
    func foldedHistogram() {
        let registry = MetricsRegistry()
        let handle = registry.histogram("lag", help: "Lag.", bounds: [1, 2])
        handle.add(bucketCounts: [1, 2, 3], sum: 20)
        registry.histogram("lag", help: "Lag.", bounds: [1, 2]).add(bucketCounts: [1, 0, 0], sum: 0.5)
        handle.record(2)
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains(#"lag_bucket{le="1"} 2"#))
        #expect(lines.contains(#"lag_bucket{le="2"} 5"#))
        #expect(lines.contains(#"lag_bucket{le="+Inf"} 8"#))
        #expect(lines.contains("lag_sum 22.5"))
        #expect(lines.contains("lag_count 8"))
    }

    @Test("Increments of many threads are all counted")
    func concurrency() async {
        let registry = MetricsRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = registry.makeFloatingPointCounter(label: "c", dimensions: [])
                    let timer = registry.makeTimer(label: "t", dimensions: [])
                    for _ in 0..<1_000 {
                        counter.increment(by: 0.5)
                        timer.recordNanoseconds(1)
                    }
                }
            }
        }
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains("c_total 4000"))
        #expect(lines.contains("t_count 8000"))
    }

    @Test("The process's own figures are read from the kernel")
    func processMetrics() throws {
        let registry = MetricsRegistry()
        registry.onScrape(ProcessMetrics.read)
        let lines = registry.prometheusText().split(separator: "\n")
        func value(_ name: String) throws -> Double {
            let line = try #require(lines.first { $0.hasPrefix(name + " ") })
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
        #expect(try value("process_open_fds") >= 3)
        #expect(try value("process_max_fds") >= value("process_open_fds"))
        #expect(try value("process_cpu_seconds_total") >= 0)
        #expect(try value("process_threads") >= 1)
        #expect(try value("process_start_time_seconds") > 1_700_000_000)
    }

    @Test("A program name with spaces and parentheses does not shift the fields of /proc/self/stat")
    func programName() throws {
        let tail = "S 1 1 1 0 -1 4194304 100 0 0 0 200 100 0 0 20 0 7 0 5000 1048576 256 18446744073709551615"
        let status = try #require(ProcessStatus(text: "42 (a ) (b c) \(tail)\n"))
        #expect(status.threads == 7)
        #expect(status.virtualBytes == 1_048_576)
        #expect(ProcessStatus(text: "42 (cut") == nil)
        #expect(ProcessStatus(text: "42 (cut) S 1 1") == nil)
    }
}
