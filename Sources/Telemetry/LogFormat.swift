import Logging

/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// For people: `2030-01-01T00:00:00.000Z info switchboard: listening host=0.0.0.0 port=8080`.
    case text
    /// For machines: one JSON object a line with `time`, `level`, `label`, `message` and the metadata beside them.
    case json

    /// One event as a line of UTF-8 with its line feed; nothing in it can start a second line.
    func line(_ event: LogLine) -> [UInt8] {
        switch self {
        case .text: event.text
        case .json: event.json
        }
    }
}

/// One log event, ready to be written: metadata merged, flattened, redacted and sorted by key.
struct LogLine {
    /// Longest message or metadata value that is written, in Unicode scalars; the rest is cut off.
    static let maxValueScalars = 4_096

    /// Metadata keys whose values are never written, whatever code logs them.
    static let redactedKeys: Set<String> = [
        "authorization", "cookie", "token", "admin_token", "client1_token", "client2_token", "password",
        "secret",
        "sdp", "candidate", "joinid", "joincode",
    ]

    let time: LogTime
    let level: Logger.Level
    let label: String
    let message: String
    let fields: [(key: String, value: Logger.MetadataValue)]

    init(time: LogTime, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        var fields: [(key: String, value: Logger.MetadataValue)] = []
        Self.flatten(metadata, prefix: "", into: &fields)
        fields.sort { $0.key < $1.key }
        self.fields = fields
    }

    /// Nested dictionaries become keys joined by dots: `peer.address`.
    private static func flatten(
        _ metadata: Logger.Metadata, prefix: String,
        into fields: inout [(key: String, value: Logger.MetadataValue)]
    ) {
        for (key, value) in metadata {
            let value = redacted(value, key: key)
            if case .dictionary(let nested) = value {
                flatten(nested, prefix: prefix + key + ".", into: &fields)
            } else {
                fields.append((prefix + key, value))
            }
        }
    }

    private static func redacted(_ value: Logger.MetadataValue, key: String) -> Logger.MetadataValue {
        if redactedKeys.contains(key.lowercased()) { return "redacted" }
        switch value {
        case .string, .stringConvertible:
            return value
        case .array(let elements):
            return .array(elements.map { redacted($0, key: "") })
        case .dictionary(let members):
            return .dictionary(Dictionary(uniqueKeysWithValues: members.map { ($0, redacted($1, key: $0)) }))
        }
    }
}
