import OperatorText

extension Setting where Value == Int {
    /// A whole number within bounds.
    static func wholeNumber(
        _ name: String, _ group: SettingGroup, default value: Int, in range: ClosedRange<Int>,
        unit: String? = nil,
        _ summary: String
    ) -> Setting {
        let what = unit.map { "a whole number of \($0)" } ?? "a whole number"
        return make(
            name, group, .wholeNumber, allowed: "\(what) from \(range.lowerBound) to \(range.upperBound)",
            default: value, defaultText: String(value), summary
        ) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension Setting where Value == Double {
    /// A number within bounds, which may have a fraction.
    static func number(
        _ name: String, _ group: SettingGroup, default value: Double, in range: ClosedRange<Double>,
        unit: String,
        _ summary: String
    ) -> Setting {
        make(
            name, group, .number,
            allowed: "a number of \(unit) from \(plain(range.lowerBound)) to \(plain(range.upperBound))",
            default: value, defaultText: plain(value), summary
        ) { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension Setting where Value == Duration {
    /// A time in seconds within bounds, which may have a fraction.
    static func seconds(
        _ name: String, _ group: SettingGroup, default value: Double, in range: ClosedRange<Double>,
        _ summary: String
    ) -> Setting {
        make(
            name, group, .seconds,
            allowed: "seconds from \(plain(range.lowerBound)) to \(plain(range.upperBound)), fractions too",
            default: .seconds(value), defaultText: plain(value), summary
        ) { text in
            Double(text).flatMap { range.contains($0) ? Duration.seconds($0) : nil }
        }
    }
}

extension Setting where Value == Bool {
    /// A switch.
    static func yesOrNo(_ name: String, _ group: SettingGroup, default value: Bool, _ summary: String)
        -> Setting
    {
        make(
            name, group, .yesOrNo, allowed: "1, true, yes, on or 0, false, no, off", default: value,
            defaultText: value ? "true" : "false", summary
        ) { text in
            switch text.lowercased() {
            case "1", "true", "yes", "on": true
            case "0", "false", "no", "off": false
            default: nil
            }
        }
    }
}

extension Setting where Value: CaseIterable & RawRepresentable<String> {
    /// One word of a few.
    static func word(
        _ name: String, _ group: SettingGroup, default value: Value, _ summary: String
    ) -> Setting {
        make(
            name, group, .word, allowed: Value.allCases.map(\.rawValue).joined(separator: ", "),
            default: value,
            defaultText: value.rawValue, summary
        ) { text in
            Value(rawValue: text.lowercased())
        }
    }
}

extension Setting {
    /// A text with rules of its own. `mistake` says where in a long one the mistake is.
    static func text(
        _ name: String, key: String? = nil, _ group: SettingGroup, allowed: String, default value: Value,
        defaultText: String, isSecret: Bool = false, _ summary: String,
        mistake: @escaping @Sendable (String) -> String? = { _ in nil },
        read: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        make(
            name, key: key, group, .text, allowed: allowed, default: value, defaultText: defaultText,
            isSecret: isSecret, summary, mistake: mistake, read: read)
    }

    /// Elements with commas between them; spaces around an element do not count, empty elements are refused.
    /// A comma that belongs to an element is written `\,`, and a backslash before one `\\`.
    static func list<Element>(
        _ name: String, _ group: SettingGroup, allowed: String, default value: [Element], defaultText: String,
        isSecret: Bool = false, _ summary: String, element: @escaping @Sendable (String) -> Element?
    ) -> Setting where Value == [Element] {
        make(
            name, group, .list, allowed: allowed, default: value, defaultText: defaultText,
            isSecret: isSecret, summary
        ) { text in
            var elements: [Element] = []
            for part in CommaList.elements(of: text) {
                guard let read = element(part.trimmingSpaces) else { return nil }
                elements.append(read)
            }
            return elements
        }
    }

    private static func make(
        _ name: String, key: String? = nil, _ group: SettingGroup, _ type: SettingType, allowed: String,
        default value: Value, defaultText: String, isSecret: Bool = false, _ summary: String,
        mistake: @escaping @Sendable (String) -> String? = { _ in nil },
        read: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        let key = key ?? String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        return Setting(
            declaration: SettingDeclaration(
                name: name, key: key, group: group, type: type, allowed: allowed, defaultText: defaultText,
                isSecret: isSecret, summary: summary, accepts: { read($0) != nil },
                mistake: mistake),
            defaultValue: value, read: read)
    }

    /// A number without a fraction that says nothing.
    private static func plain(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? "\(number)"
    }
}
