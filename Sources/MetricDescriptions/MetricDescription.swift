/// What a metric means, for the `HELP` lines and for `docs/operations.md`.
///
/// The target that counts describes: the description stands beside the counter, and the values of its labels come from
/// the list that the counter is made from. The executable puts the descriptions of all targets together.
package struct MetricDescription: Sendable {
    /// The metric's type, as Prometheus names it.
    package enum Kind: String, Sendable {
        /// It only grows; its name ends in `_total`.
        case counter
        /// It goes up and down.
        case gauge
        /// Observations counted in buckets.
        case histogram
    }

    /// A label and every value that it can have.
    package struct Label: Sendable {
        package let name: String
        /// In the order of the documents.
        package let values: [String]

        /// A label with these values.
        package init(_ name: String, _ values: [String]) {
            self.name = name
            self.values = values
        }

        /// A label whose values are those of a list.
        package init<Value: CaseIterable & RawRepresentable<String>>(_ name: String, of _: Value.Type) {
            self.init(name, Value.allCases.map(\.rawValue))
        }
    }

    package let name: String
    package let kind: Kind
    package let labels: [Label]
    /// One sentence for the `HELP` line.
    package let help: String
    /// Upper bounds of a histogram's buckets; nil keeps those of timers.
    package let bounds: [Double]?

    /// Describes a metric by the name that Prometheus is told.
    package init(name: String, kind: Kind, labels: [Label] = [], help: String, bounds: [Double]? = nil) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
        self.bounds = bounds
    }
}
