package import CoreMetrics
package import MetricDescriptions
import Synchronization

/// The swift-metrics backend: keeps every series in memory and prints them for Prometheus.
///
/// Counters, floating counters, meters and gauges become what Prometheus calls counters and gauges; recorders
/// and timers become histograms with fixed buckets, timers in seconds. Making a metric twice with the same name
/// and labels gives the same series.
///
/// Safe to use from any thread. Making and scraping take a lock; recording does not, but for histograms, whose
/// lock is their own and short. Lock order: the registry's before a histogram's.
package final class MetricsRegistry: MetricsFactory {
    /// How many series are kept unless told otherwise; labels come from fixed lists, so reaching it is a mistake.
    package static let defaultMaxSeries = 2_000

    /// Buckets of timers that were not described, in seconds: 0.1 ms to 10 s.
    package static let defaultTimerBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// Buckets of recorders that were not described: 1 to a million, without a unit.
    package static let defaultRecorderBounds: [Double] = [
        1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000,
    ]

    struct State {
        var families: [String: MetricFamily] = [:]
        var descriptions: [String: DescribedMetric] = [:]
        var sources: [@Sendable () -> [ScrapedMetric]] = []
        var seriesCount = 0
        var droppedSeries = 0
    }

    private let maxSeries: Int
    private let state = Mutex(State())

    /// Creates an empty registry.
    ///
    /// - Parameter maxSeries: How many series are kept. Beyond it a new one is dropped: recording to it does
    ///   nothing, and `switchboard_metrics_dropped_series_total` counts it.
    package init(maxSeries: Int = MetricsRegistry.defaultMaxSeries) {
        self.maxSeries = maxSeries
    }

    /// Says what a metric means and, for a recorder or timer, which buckets it has.
    ///
    /// Call it before the metric is made; buckets of a series that exists already do not change.
    ///
    /// - Parameters:
    ///   - name: The metric's name, with or without `_total`.
    ///   - help: One sentence for the `HELP` line.
    ///   - bounds: Inclusive upper bounds, ascending; nil keeps the default buckets.
    package func describe(_ name: String, help: String, bounds: [Double]? = nil) {
        state.withLock {
            $0.descriptions[Self.describedName(name)] = DescribedMetric(help: help, bounds: bounds)
        }
    }

    /// Says what each of these metrics means; see ``describe(_:help:bounds:)``.
    package func describe(_ descriptions: [MetricDescription]) {
        for metric in descriptions { describe(metric.name, help: metric.help, bounds: metric.bounds) }
    }

    /// Adds values that are read at each scrape, on the scraping thread and under no lock.
    package func onScrape(_ source: @escaping @Sendable () -> [ScrapedMetric]) {
        state.withLock { $0.sources.append(source) }
    }

    /// A histogram for counts that its owner has already sorted into buckets.
    ///
    /// The same name and labels give the same histogram; its first bounds stay. Beyond the registry's bound it
    /// is dropped like any other series: the handle works and is not printed.
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - help: One sentence for the `HELP` line; nil keeps what `describe` said.
    ///   - bounds: Inclusive upper bounds of the buckets, ascending.
    ///   - labels: From fixed lists.
    package func histogram(
        _ name: String, help: String? = nil, bounds: [Double], labels: [(String, String)] = []
    ) -> HistogramHandle {
        if let help {
            describe(name, help: help, bounds: bounds)
        }
        return HistogramHandle(series: makeHistogram(name, labels, defaultBounds: bounds))
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let made = series(label, .counter, dimensions) { _ in .counter(CounterSeries()) }
        guard case .counter(let counter) = made else { return NOOPMetricsHandler.instance }
        return counter
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        let made = series(label, .counter, dimensions) { _ in .floatingCounter(FloatingCounterSeries()) }
        guard case .floatingCounter(let counter) = made else { return NOOPMetricsHandler.instance }
        return counter
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        let made = series(label, .gauge, dimensions) { _ in .gauge(GaugeSeries()) }
        guard case .gauge(let gauge) = made else { return NOOPMetricsHandler.instance }
        return gauge
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            return makeHistogram(label, dimensions, defaultBounds: Self.defaultRecorderBounds)
        }
        let made = series(label, .gauge, dimensions) { _ in .gauge(GaugeSeries()) }
        guard case .gauge(let gauge) = made else { return NOOPMetricsHandler.instance }
        return gauge
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        makeHistogram(label, dimensions, defaultBounds: Self.defaultTimerBounds)
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    // MARK: Series

    private func makeHistogram(
        _ name: String, _ labels: [(String, String)], defaultBounds: [Double]
    ) -> HistogramSeries {
        let made = series(name, .histogram, labels) { description in
            .histogram(HistogramSeries(bounds: description?.bounds ?? defaultBounds))
        }
        guard case .histogram(let histogram) = made else { return HistogramSeries(bounds: defaultBounds) }
        return histogram
    }

    /// Finds or makes a series; nil when the bound is reached or the name is taken by another kind of metric.
    private func series(
        _ name: String, _ kind: MetricFamily.Kind, _ labels: [(String, String)],
        make: (DescribedMetric?) -> MetricFamily.Series
    ) -> MetricFamily.Series? {
        let name = Self.printedName(name, kind)
        let key = SeriesKey(labels)
        return state.withLock { state in
            var family = state.families[name] ?? MetricFamily(kind: kind)
            if family.kind == kind, let existing = family.series[key] {
                return existing
            }
            guard family.kind == kind, state.seriesCount < maxSeries else {
                state.droppedSeries += 1
                return nil
            }
            let made = make(state.descriptions[Self.describedName(name)])
            family.series[key] = made
            state.families[name] = family
            state.seriesCount += 1
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let entry = family.series.first(where: { $0.value.handler === handler }) else {
                    continue
                }
                state.families[name]?.series[entry.key] = nil
                state.seriesCount -= 1
                return
            }
        }
    }

    /// A copy of the tables, for printing without the lock.
    var snapshot: State {
        state.withLock { $0 }
    }

    /// The name as it is printed: legal characters only, `_total` at the end of a counter.
    static func printedName(_ name: String, _ kind: MetricFamily.Kind) -> String {
        let clean = PrometheusName.metric(name)
        return kind == .counter && !clean.hasSuffix("_total") ? clean + "_total" : clean
    }

    /// The name under which a description is kept, the same with and without `_total`.
    static func describedName(_ name: String) -> String {
        let clean = PrometheusName.metric(name)
        return clean.hasSuffix("_total") ? String(clean.dropLast("_total".count)) : clean
    }
}
