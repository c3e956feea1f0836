extension Timestamp: CustomStringConvertible {
    /// Reads ISO-8601 text: `2030-01-01T00:00:00Z` and its usual variants.
    ///
    /// The date may be followed by `T`, `t` or a blank and a time; seconds and their fraction (`.` or `,`,
    /// cut to milliseconds) may be missing; the offset is `Z`, `z`, `±HH:MM`, `±HHMM` or `±HH`. All times
    /// of the contract are UTC, so text without an offset is UTC, and a date alone is its midnight. Second
    /// 60 counts as the next minute's second 0.
    ///
    /// - Returns: `nil` for anything else, for dates that do not exist, and beyond ``earliest`` or
    ///   ``latest``.
    package init?(iso8601 text: String) {
        var cursor = DigitCursor(text)
        guard let year = cursor.number(4), cursor.skip("-"), let month = cursor.number(2), cursor.skip("-"),
            let day = cursor.number(2), (1...12).contains(month),
            day >= 1, day <= CivilDate.days(inMonth: month, of: year)
        else { return nil }

        var milliseconds = CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400_000
        if !cursor.isAtEnd {
            guard cursor.skip("T") || cursor.skip("t") || cursor.skip(" "),
                let time = Timestamp.timeOfDay(&cursor),
                let offset = Timestamp.offset(&cursor),
                cursor.isAtEnd
            else { return nil }
            milliseconds += time - offset
        }
        self.init(millisecondsSinceEpoch: milliseconds)
        guard millisecondsSinceEpoch == milliseconds else { return nil }
    }

    /// The one form we write: UTC with milliseconds, `2030-01-01T00:00:00.000Z`, 24 characters.
    package var iso8601: String {
        let (days, time) = millisecondsSinceEpoch.flooredDivision(by: 86_400_000)
        let date = CivilDate(daysSinceEpoch: days)
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(time / 3_600_000, 2)):\(padded(time / 60_000 % 60, 2))"
            + ":\(padded(time / 1000 % 60, 2)).\(padded(time % 1000, 3))Z"
    }

    /// The same as ``iso8601``.
    package var description: String { iso8601 }

    /// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`, in milliseconds.
    private static func timeOfDay(_ cursor: inout DigitCursor) -> Int64? {
        guard let hour = cursor.number(2), cursor.skip(":"), let minute = cursor.number(2),
            hour < 24, minute < 60
        else { return nil }
        var milliseconds = hour * 3_600_000 + minute * 60_000
        guard cursor.skip(":") else { return milliseconds }
        guard let second = cursor.number(2), second <= 60 else { return nil }
        milliseconds += second * 1000
        guard cursor.skip(".") || cursor.skip(",") else { return milliseconds }
        guard let fraction = cursor.fraction() else { return nil }
        return milliseconds + fraction
    }

    /// `Z`, `±HH:MM`, `±HHMM`, `±HH` or nothing, in milliseconds east of UTC.
    private static func offset(_ cursor: inout DigitCursor) -> Int64? {
        if cursor.isAtEnd || cursor.skip("Z") || cursor.skip("z") { return 0 }
        let sign: Int64
        if cursor.skip("+") { sign = 1 } else if cursor.skip("-") { sign = -1 } else { return nil }
        guard let hours = cursor.number(2), hours < 24 else { return nil }
        if cursor.isAtEnd { return sign * hours * 3_600_000 }
        _ = cursor.skip(":")
        guard let minutes = cursor.number(2), minutes < 60 else { return nil }
        return sign * (hours * 3_600_000 + minutes * 60_000)
    }
}

/// Reads fixed-width numbers from text, one byte at a time.
private struct DigitCursor {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// Steps over `character` if it comes next.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// Exactly `width` decimal digits.
    mutating func number(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// One or more digits after the decimal sign, in milliseconds; what is finer is cut off.
    mutating func fraction() -> Int64? {
        guard var value = digit() else { return nil }
        var places = 1
        while let next = digit() {
            if places < 3 { value = value * 10 + next }
            places += 1
        }
        while places < 3 {
            value *= 10
            places += 1
        }
        return value
    }

    private mutating func digit() -> Int64? {
        guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
        rest.removeFirst()
        return Int64(byte - 0x30)
    }
}
