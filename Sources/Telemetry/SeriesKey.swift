/// What tells one time series of a family from another: its labels, cleaned, sorted and ready to print.
///
/// Two label lists that differ only in their order are the same series. Names are reduced to what Prometheus
/// accepts; of two labels with one name the first wins; `le` belongs to histogram buckets and is left out.
struct SeriesKey: Hashable, Comparable {
    /// The labels as they stand between the braces, for example `type="join_room"`; empty without labels.
    let text: String

    init(_ labels: [(String, String)]) {
        var seen: Set<String> = ["le"]
        var parts: [(name: String, value: String)] = []
        for (name, value) in labels {
            let clean = PrometheusName.label(name)
            if seen.insert(clean).inserted {
                parts.append((clean, value))
            }
        }
        parts.sort { $0.name < $1.name }
        text = parts.map { "\($0.name)=\"\(PrometheusName.escapedLabelValue($0.value))\"" }.joined(
            separator: ",")
    }

    static func < (left: SeriesKey, right: SeriesKey) -> Bool {
        left.text < right.text
    }
}

/// The spelling rules of the Prometheus text format, version 0.0.4.
enum PrometheusName {
    /// A metric name with every character outside `[a-zA-Z0-9_:]` replaced by `_`.
    static func metric(_ name: String) -> String {
        cleaned(name, colonAllowed: true)
    }

    /// A label name with every character outside `[a-zA-Z0-9_]` replaced by `_`.
    static func label(_ name: String) -> String {
        cleaned(name, colonAllowed: false)
    }

    /// A label value in which backslash, quotation mark and line feed are escaped.
    static func escapedLabelValue(_ value: String) -> String {
        escaped(value, quotes: true)
    }

    /// A help text in which backslash and line feed are escaped.
    static func escapedHelp(_ value: String) -> String {
        escaped(value, quotes: false)
    }

    private static func cleaned(_ name: String, colonAllowed: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_":
                result.unicodeScalars.append(scalar)
            case "0"..."9":
                if result.isEmpty { result.append("_") }
                result.unicodeScalars.append(scalar)
            case ":" where colonAllowed:
                result.unicodeScalars.append(scalar)
            default:
                result.append("_")
            }
        }
        return result.isEmpty ? "_" : result
    }

    private static func escaped(_ value: String, quotes: Bool) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result.append("\\\\")
            case "\n": result.append("\\n")
            case "\"" where quotes: result.append("\\\"")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
