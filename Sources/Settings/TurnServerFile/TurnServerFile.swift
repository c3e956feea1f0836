import Foundation
import OperatorText

/// A coturn configuration file as a source of settings, the last of all.
///
/// Keys of both servers have the same meaning here as there. Keys without a meaning here are reported once. A key
/// that coturn does not know either stops the start, as does a value that is not allowed.
struct TurnServerFile {
    private struct Entry {
        /// The setting's value; the elements of a list are escaped and joined.
        var text: String
        /// Where it came from, secrets left out.
        var origin: String
    }

    /// Longer files are none of coturn's.
    private static let maxBytes = 1 << 20
    /// The value that stands for "no file" in place of a path.
    private static let noFile = "none"

    private var entries: [String: Entry] = [:]
    /// What an operator should hear about.
    private(set) var notices: [String] = []
    /// Remarks for operators.
    private(set) var remarks: [String] = []
    private let path: String

    /// Opens the file that `TURN_CONFIG` names, or the default one.
    ///
    /// - Parameters:
    ///   - given: what was set, nil if nothing was.
    ///   - preset: the path of the default file, which may be missing.
    /// - Returns: nil when there is none to be read.
    init?(named given: String?, default preset: String) throws(UsageError) {
        let path = given ?? preset
        if path == Self.noFile { return nil }
        if path == preset, FilePresence.isMissing(path) { return nil }
        guard let data = try? Data(contentsOf: URL(filePath: path)), data.count <= Self.maxBytes else {
            throw UsageError(
                "TURN_CONFIG \(path.quoted) cannot be read; allowed: \(Settings.at(\.turnServerFile).allowed)"
            )
        }
        try self.init(String(decoding: data, as: UTF8.self), path: path)
    }

    /// Reads the text of a file.
    ///
    /// - Parameter path: where it is, for messages and for the files that it names.
    init(_ text: String, path: String) throws(UsageError) {
        self.path = path
        var always: [String] = []
        var meaningless: [String] = []
        for (index, lineText) in text.withoutByteOrderMark.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        )
        .enumerated() {
            guard let line = TurnServerLine(lineText) else { continue }
            let place = "\(path), line \(index + 1)"
            guard let key = TurnServerKey.named(line.key) else { throw Self.unknown(line.key, place) }
            switch key.meaning {
            case .value(let setting, let preset):
                try set(setting, line.value.isEmpty ? preset ?? "" : line.value.trimmingSpaces, line, place)
            case .element(let setting):
                try append(setting, line, place)
            case .flag(let setting):
                try set(setting, try Self.flag(line, place) ? "true" : "false", line, place)
            case .inverse(let setting):
                try set(setting, try Self.flag(line, place) ? "false" : "true", line, place)
            case .path(let setting):
                try set(setting, beside(line.value.trimmingSpaces), line, place)
            case .always where line.flag != false:
                always.append("\(line.key) (line \(index + 1))")
            case .always, .none:
                meaningless.append("\(line.key) (line \(index + 1))")
            }
        }
        if !always.isEmpty {
            remarks.append("\(path) asks for what is always so: " + always.joined(separator: ", "))
        }
        if !meaningless.isEmpty {
            notices.append("\(path) has keys without a meaning here: " + meaningless.joined(separator: ", "))
        }
    }

    /// A setting's value as text and its source; nil if the file does not have it.
    func value(for setting: Setting) -> (text: String, origin: String)? {
        entries[setting.name].map { ($0.text, $0.origin) }
    }

    private mutating func set(
        _ setting: Setting, _ text: String, _ line: TurnServerLine, _ place: String
    ) throws(UsageError) {
        let origin = try Self.checked(text, setting, line, place)
        entries[setting.name] = Entry(text: text, origin: origin)
    }

    private mutating func append(
        _ setting: Setting, _ line: TurnServerLine, _ place: String
    ) throws(UsageError) {
        // coturn counts spaces at the end as part of a password, which cannot be intended.
        guard line.value == line.value.trimmingSpaces else {
            throw UsageError("\(line.key) in \(place) has spaces at an end of its value; allowed: none there")
        }
        let element = CommaList.escaped(line.value)
        let origin = try Self.checked(element, setting, line, place)
        let others = entries[setting.name].map { $0.text + "," } ?? ""
        entries[setting.name] = Entry(text: others + element, origin: origin)
    }

    /// Refuses a value at once, while its line is known.
    private static func checked(
        _ text: String, _ setting: Setting, _ line: TurnServerLine, _ place: String
    ) throws(UsageError) -> String {
        let origin = "\(line.key) \(setting.shown(line.value)) in \(place)"
        guard !text.isEmpty, setting.accepts(text) else {
            throw UsageError("\(origin) is not allowed; allowed: \(setting.allowed)")
        }
        return origin
    }

    private static func flag(_ line: TurnServerLine, _ place: String) throws(UsageError) -> Bool {
        guard let flag = line.flag else {
            throw UsageError(
                "\(line.key) \(line.value.quoted) in \(place) is not allowed; allowed: nothing, or on, yes, true, 1 "
                    + "or off, no, false, 0")
        }
        return flag
    }

    private static func unknown(_ key: String, _ place: String) -> UsageError {
        let hint =
            key.nearest(of: TurnServerKey.names).map { "did you mean \($0)?" }
            ?? "coturn 4.6.1 has none either"
        return UsageError("unknown key \(key.quoted) in \(place); \(hint)")
    }

    /// A file that is named without its directory lies beside this one, as with coturn, or in the working directory.
    private func beside(_ name: String) -> String {
        guard !name.isEmpty, !name.hasPrefix("/") else { return name }
        let sibling = URL(filePath: path).deletingLastPathComponent().appending(path: name).path
        return FileManager.default.fileExists(atPath: sibling) ? sibling : name
    }
}
