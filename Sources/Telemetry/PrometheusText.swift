import MetricDescriptions

extension MetricsRegistry {
    /// The media type of `prometheusText()`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Every metric in the Prometheus text format 0.0.4, families and series in a stable order.
    ///
    /// Values that are read at scrape time are read on the calling thread; the process's own come from files
    /// of the kernel, so call it where a millisecond of blocking is harmless, not on an event loop.
    package func prometheusText() -> String {
        let snapshot = snapshot
        var families: [String: PrometheusFamily] = [:]
        for (name, family) in snapshot.families where !family.series.isEmpty {
            let help = snapshot.descriptions[MetricsRegistry.describedName(name)]?.help
            var printed = PrometheusFamily(name: name, kind: family.kind, help: help)
            for (key, series) in family.series.sorted(by: { $0.key < $1.key }) {
                printed.append(series, key)
            }
            families[name] = printed
        }
        let dropped = ScrapedMetric(
            TelemetryMetrics.droppedSeries.name, help: TelemetryMetrics.droppedSeries.help, kind: .counter,
            value: Double(snapshot.droppedSeries))
        let scraped = snapshot.sources.flatMap { $0() } + [dropped]
        for metric in scraped.sorted(by: { SeriesKey($0.labels) < SeriesKey($1.labels) }) {
            let kind: MetricFamily.Kind = metric.kind == .counter ? .counter : .gauge
            let name = MetricsRegistry.printedName(metric.name, kind)
            let help = metric.help ?? snapshot.descriptions[MetricsRegistry.describedName(name)]?.help
            let empty = PrometheusFamily(name: name, kind: kind, help: help)
            families[name, default: empty].append(metric.value, suffix: "", SeriesKey(metric.labels).text)
        }
        return families.sorted { $0.key < $1.key }.map(\.value.text).joined()
    }
}

/// The lines of one metric name.
private struct PrometheusFamily {
    private(set) var text: String
    private let name: String

    init(name: String, kind: MetricFamily.Kind, help: String?) {
        self.name = name
        text = ""
        if let help {
            text += "# HELP \(name) \(PrometheusName.escapedHelp(help))\n"
        }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func append(_ series: MetricFamily.Series, _ key: SeriesKey) {
        switch series {
        case .counter(let counter): append(counter.current, suffix: "", key.text)
        case .floatingCounter(let counter): append(counter.current, suffix: "", key.text)
        case .gauge(let gauge): append(gauge.current, suffix: "", key.text)
        case .histogram(let histogram): append(histogram, key)
        }
    }

    mutating func append(_ value: Double, suffix: String, _ labels: String) {
        text += name + suffix
        if !labels.isEmpty {
            text += "{\(labels)}"
        }
        text += " \(Self.number(value))\n"
    }

    private mutating func append(_ histogram: HistogramSeries, _ key: SeriesKey) {
        let reading = histogram.current
        let prefix = key.text.isEmpty ? "" : key.text + ","
        var total: UInt64 = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], reading.counts) {
            total += count
            append(Double(total), suffix: "_bucket", "\(prefix)le=\"\(Self.number(bound))\"")
        }
        append(reading.sum, suffix: "_sum", key.text)
        append(Double(total), suffix: "_count", key.text)
    }

    /// A number as Prometheus reads it; whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
