package import Metrics
import Synchronization

/// Sums what is counted, by "label{name=value,…}".
package final class RecordingMetrics: MetricsFactory {
    private let sums = Mutex<[String: Int64]>([:])

    package init() {}

    package subscript(series: String) -> Int64 { sums.withLock { $0[series] ?? 0 } }

    package var series: [String] { sums.withLock { $0.keys.sorted() } }

    private final class Handler: CounterHandler, TimerHandler, RecorderHandler {
        let series: String
        let owner: RecordingMetrics

        init(_ label: String, _ dimensions: [(String, String)], _ owner: RecordingMetrics) {
            let pairs = dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
            series = "\(label){\(pairs)}"
            self.owner = owner
        }

        func increment(by amount: Int64) { add(amount) }
        func reset() {}
        func recordNanoseconds(_ duration: Int64) { add(1) }
        func record(_ value: Int64) { add(1) }
        func record(_ value: Double) { add(1) }

        private func add(_ amount: Int64) {
            owner.sums.withLock { $0[series, default: 0] += amount }
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Handler(label, dimensions, self)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    {
        Handler(label, dimensions, self)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Handler(label, dimensions, self)
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
