import OperatorText
import Timing

extension Setting {
    /// A whole number within bounds, of any type that holds them.
    static func wholeNumber<Number: FixedWidthInteger & Sendable>(
        _ name: String, _ path: any SettingPath<Number>, in range: ClosedRange<Int>, unit: String? = nil,
        _ summary: String
    ) -> Setting {
        let what = unit.map { "a whole number of \($0)" } ?? "a whole number"
        return make(
            name, path, .wholeNumber, allowed: "\(what) from \(range.lowerBound) to \(range.upperBound)",
            summary, write: { String($0) }
        ) { text in
            Int(text).flatMap { range.contains($0) ? Number(exactly: $0) : nil }
        }
    }

    /// A number within bounds, which may have a fraction.
    static func number(
        _ name: String, _ path: any SettingPath<Double>, in range: ClosedRange<Double>, unit: String,
        _ summary: String
    ) -> Setting {
        make(
            name, path, .number,
            allowed: "a number of \(unit) from \(plain(range.lowerBound)) to \(plain(range.upperBound))",
            summary, write: plain
        ) { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A time in seconds within bounds, which may have a fraction.
    static func seconds(
        _ name: String, _ path: any SettingPath<Duration>, in range: ClosedRange<Double>, _ summary: String
    ) -> Setting {
        make(
            name, path, .seconds,
            allowed: "seconds from \(plain(range.lowerBound)) to \(plain(range.upperBound)), fractions too",
            summary, write: { plain($0.inSeconds) }
        ) { text in
            Double(text).flatMap { range.contains($0) ? Duration.seconds($0) : nil }
        }
    }

    /// A switch.
    static func yesOrNo(_ name: String, _ path: any SettingPath<Bool>, _ summary: String) -> Setting {
        make(
            name, path, .yesOrNo, allowed: "1, true, yes, on or 0, false, no, off", summary,
            write: { String($0) }
        ) { text in
            switch text.lowercased() {
            case "1", "true", "yes", "on": true
            case "0", "false", "no", "off": false
            default: nil
            }
        }
    }

    /// One word of a few.
    static func word<Word: CaseIterable & RawRepresentable<String> & Sendable>(
        _ name: String, _ path: any SettingPath<Word>, _ summary: String
    ) -> Setting {
        make(
            name, path, .word, allowed: Word.allCases.map(\.rawValue).joined(separator: ", "), summary,
            write: { $0.rawValue }
        ) { text in
            Word(rawValue: text.lowercased())
        }
    }

    /// A text with rules of its own.
    static func text(
        _ name: String, _ path: any SettingPath<String>, allowed: String, _ summary: String,
        read: @escaping @Sendable (String) -> String?
    ) -> Setting {
        make(name, path, .text, allowed: allowed, summary, write: { $0 }, read: read)
    }

    /// A text with rules of its own that may be missing.
    static func optionalText(
        _ name: String, _ path: any SettingPath<String?>, key: String? = nil, allowed: String,
        isSecret: Bool = false, _ summary: String, read: @escaping @Sendable (String) -> String?
    ) -> Setting {
        make(
            name, path, key: key, .text, allowed: allowed, isSecret: isSecret, summary, write: { $0 ?? "" }
        ) { text in
            read(text).map { .some($0) }
        }
    }

    /// Anything else that a text stands for, nothing by default. `mistake` says where in a long one the mistake is.
    static func value<Value: Sendable>(
        _ name: String, _ path: any SettingPath<Value>, allowed: String, isSecret: Bool, _ summary: String,
        mistake: @escaping @Sendable (String) -> String?, read: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        make(
            name, path, .text, allowed: allowed, isSecret: isSecret, summary, write: { _ in "" },
            mistake: mistake, read: read)
    }

    /// Elements with commas between them; spaces around an element do not count, empty elements are refused.
    /// A comma that belongs to an element is written `\,`, and a backslash before one `\\`.
    static func list<Element: Sendable>(
        _ name: String, _ path: any SettingPath<[Element]>, allowed: String, isSecret: Bool = false,
        _ summary: String, element: @escaping @Sendable (String) -> Element?
    ) -> Setting {
        make(
            name, path, .list, allowed: allowed, isSecret: isSecret, summary,
            write: { $0.map { CommaList.escaped("\($0)") }.joined(separator: ",") }
        ) { text in
            var elements: [Element] = []
            for part in CommaList.elements(of: text) {
                guard let read = element(part.trimmingSpaces) else { return nil }
                elements.append(read)
            }
            return elements
        }
    }

    /// - Parameter write: the value as an operator would write it.
    private static func make<Value: Sendable>(
        _ name: String, _ path: any SettingPath<Value>, key: String? = nil, _ type: SettingType,
        allowed: String, isSecret: Bool = false, _ summary: String, write: (Value) -> String,
        mistake: @escaping @Sendable (String) -> String? = { _ in nil },
        read: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        Setting(
            name: name, key: key ?? String(name.lowercased().map { $0 == "_" ? "-" : $0 }), type: type,
            allowed: allowed, defaultText: write(ServerConfiguration()[keyPath: path]), isSecret: isSecret,
            summary: summary, path: path,
            change: { text in
                guard let value = read(text) else { return nil }
                return { $0[keyPath: path] = value }
            }, mistake: mistake)
    }

    /// A number without a fraction that says nothing.
    private static func plain(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? "\(number)"
    }
}
