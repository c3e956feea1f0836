import Configuration
import Foundation
import OperatorText
import SystemPackage

/// The JSON file with settings: one object whose keys are flags without their dashes.
///
/// Values are strings, numbers, booleans, or arrays of strings for settings that are lists.
struct ConfigurationFile {
    let provider: FileProvider<JSONSnapshot>
    private let types: [String: ConfigType]

    /// Reads the file and refuses keys that are no settings and values of another shape.
    init(path: String) async throws(UsageError) {
        let members: [String: Member]
        do {
            members = try JSONDecoder().decode(
                [String: Member].self, from: Data(contentsOf: URL(filePath: path)))
        } catch let error as DecodingError {
            throw UsageError("\(path.quoted) is not a JSON object of settings: \(Self.explanation(error))")
        } catch {
            throw UsageError(
                "CONFIG_FILE \(path.quoted) cannot be read; allowed: \(Settings.at(\.configFile).allowed)"
            )
        }
        let known = Settings.all.filter { $0.name != Settings.at(\.configFile).name }
        for key in members.keys.sorted() where !known.contains(where: { $0.key == key }) {
            let hint = key.nearest(of: known.map(\.key)).map { "did you mean \($0.quoted)?" }
            throw UsageError(
                "unknown key \(key.quoted) in \(path.quoted); \(hint ?? "allowed are the flags without their dashes")"
            )
        }
        types = members.compactMapValues(\.type)
        do {
            provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
        } catch {
            throw UsageError("\(path.quoted) cannot be used: \("\(error)".quoted)")
        }
        // A setting that is there and cannot be read must not look as if it were not.
        for (key, type) in types {
            do {
                _ = try provider.value(forKey: AbsoluteConfigKey([key]), type: type)
            } catch {
                throw UsageError("\(key.quoted) in \(path.quoted) cannot be read: \("\(error)".quoted)")
            }
        }
    }

    /// The setting's value as text, or nil when the file has none.
    func text(for setting: Setting) -> String? {
        guard let type = types[setting.key],
            let value = try? provider.value(forKey: AbsoluteConfigKey([setting.key]), type: type).value
        else { return nil }
        return switch value.content {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): String(flag)
        case .stringArray(let elements): elements.joined(separator: ",")
        default: nil
        }
    }

    private static func explanation(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
            let key = context.codingPath.first?.stringValue
            return key.map { "\($0.quoted) holds no string, number, boolean or array of strings" }
                ?? "it is no object"
        case .dataCorrupted(let context):
            let key = context.codingPath.first?.stringValue
            return key.map { "\($0.quoted) holds no string, number, boolean or array of strings" }
                ?? "malformed JSON"
        @unknown default:
            return "malformed JSON"
        }
    }
}

/// One value of the file; its type decides how the provider is asked for it.
private struct Member: Decodable {
    /// Nil for null, which counts as unset.
    let type: ConfigType?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            type = nil
        } else if (try? container.decode(Bool.self)) != nil {
            type = .bool
        } else if (try? container.decode(Int.self)) != nil {
            type = .int
        } else if (try? container.decode(Double.self)) != nil {
            type = .double
        } else if (try? container.decode(String.self)) != nil {
            type = .string
        } else {
            _ = try container.decode([String].self)
            type = .stringArray
        }
    }
}
