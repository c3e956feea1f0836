import CoreMetrics

/// All series of one metric name; they share a type, a help text and, if histograms, their buckets.
struct MetricFamily {
    enum Kind: String {
        case counter, gauge, histogram
    }

    enum Series {
        case counter(CounterSeries)
        case floatingCounter(FloatingCounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)

        var handler: AnyObject {
            switch self {
            case .counter(let series): series
            case .floatingCounter(let series): series
            case .gauge(let series): series
            case .histogram(let series): series
            }
        }
    }

    let kind: Kind
    var series: [SeriesKey: Series] = [:]
}

/// What an operator reads about a metric, and how its observations are sorted if it is a histogram.
struct DescribedMetric {
    var help: String
    var bounds: [Double]?
}

/// A value that is read when metrics are scraped, rather than kept up to date.
package struct ScrapedMetric: Sendable {
    /// Whether the value only grows.
    package enum Kind: Sendable {
        /// It only grows; `_total` is appended to the name where it is missing.
        case counter
        /// It goes up and down.
        case gauge
    }

    let name: String
    let help: String?
    let kind: Kind
    let labels: [(String, String)]
    let value: Double

    /// Creates a value; labels must come from a fixed list.
    ///
    /// - Parameter help: One sentence for the `HELP` line; nil takes what the registry has been told.
    package init(
        _ name: String, help: String? = nil, kind: Kind, labels: [(String, String)] = [], value: Double
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
        self.value = value
    }
}
