import Pairing
import Testing

@Suite struct TimestampTests {
    private static let newYear2030: Int64 = 1_893_456_000_000

    @Test(
        "Every usual spelling of one instant is read as that instant",
        arguments: [
            "2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00+00:00",
            "2030-01-01T00:00:00-00:00", "2030-01-01T00:00:00.0000000Z", "2030-01-01T00:00:00,0Z",
            "2030-01-01T01:30:00+01:30", "2030-01-01T01:30:00+0130",
            "2029-12-31T19:00:00-05", "2029-12-31T16:00:00.000-08:00", "2030-01-01t00:00:00z",
            "2030-01-01 00:00:00", "2030-01-01 00:00", "2030-01-01T00:00Z", "2030-01-01",
            "2029-12-31T23:59:60Z", "2030-01-01T23:59:00+23:59", "2029-12-31T00:01:00-23:59",
        ])
    func spellings(_ text: String) {
        #expect(Timestamp(iso8601: text)?.millisecondsSinceEpoch == Self.newYear2030)
    }

    @Test(
        "A fraction is cut to milliseconds",
        arguments: [(".1", 100), (".12", 120), (".123", 123), (".1239", 123), (".000999", 0), (",5", 500)])
    func fraction(_ text: String, _ milliseconds: Int64) {
        let instant = Timestamp(iso8601: "2030-01-01T00:00:00\(text)Z")
        #expect(instant?.millisecondsSinceEpoch == Self.newYear2030 + milliseconds)
    }

    @Test(
        "Text that is no instant is refused",
        arguments: [
            "", " ", "now", "tomorrow", "1893456000", "2030", "2030-01", "2030-1-1", "20300101T000000Z",
            "2030-00-01T00:00:00Z", "2030-13-01T00:00:00Z", "2030-01-00T00:00:00Z", "2030-01-32T00:00:00Z",
            "2030-02-29T00:00:00Z", "2030-04-31T00:00:00Z", "1900-02-29", "2030-01-01T24:00:00Z",
            "2030-01-01T00:60:00Z", "2030-01-01T00:00:61Z", "2030-01-01T00:00:00.Z", "2030-01-01T00:00:00.",
            "2030-01-01T00:00:00+24:00", "2030-01-01T00:00:00+00:60", "2030-01-01T00:00:00+0",
            "2030-01-01T00:00:00+00:", "2030-01-01T00:00:00+", "2030-01-01T00:00:00ZZ", "2030-01-01Z",
            "2030-01-01T00:00:00 Z", " 2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z ", "2030-01-01X00:00:00Z",
            "+2030-01-01T00:00:00Z", "-030-01-01T00:00:00Z", "٢٠٣٠-01-01T00:00:00Z", "2030-01-01T00:00:00Z\0",
            "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "12030-01-01T00:00:00Z",
        ])
    func refused(_ text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("Cut anywhere, an instant is refused or is one of its shorter forms")
    func truncated() {
        let text = "2030-01-01T00:00:00.000+00:00"
        let shorterForms: Set<Int> = [10, 16, 19, 21, 22, 23, 26]
        for length in 0..<text.utf8.count {
            let instant = Timestamp(iso8601: String(text.prefix(length)))
            #expect((instant != nil) == shorterForms.contains(length), "\(length) characters")
        }
    }

    @Test("Known days have the number of days since 1970 that the calendar gives them")
    func knownDays() {
        let days: [(String, Int64)] = [
            ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2000-03-01", 11_017),
            ("2024-02-29", 19_782), ("2100-03-01", 47_541), ("0000-01-01", -719_528),
            ("9999-12-31", 2_932_896),
        ]
        for (text, day) in days {
            #expect(Timestamp(iso8601: text)?.millisecondsSinceEpoch == day * 86_400_000, "\(text)")
        }
    }

    @Test("What is written is read back as the same instant, from year 0 to year 9999")
    func roundTrip() {
        var milliseconds = Timestamp.earliest.millisecondsSinceEpoch
        while milliseconds <= Timestamp.latest.millisecondsSinceEpoch {
            let instant = Timestamp(millisecondsSinceEpoch: milliseconds)
            #expect(instant.iso8601.utf8.count == 24)
            #expect(Timestamp(iso8601: instant.iso8601) == instant)
            milliseconds += 61 * 86_400_000 + 12_345_678
        }
        #expect(Timestamp.latest.iso8601 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp.earliest.iso8601 == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(iso8601: "2030-01-01")?.iso8601 == "2030-01-01T00:00:00.000Z")
        #expect(Timestamp(millisecondsSinceEpoch: -1).iso8601 == "1969-12-31T23:59:59.999Z")
    }

    @Test("Written instants sort as texts in the order of time")
    func textOrder() {
        let instants = [-1, 0, 999, 1000, Self.newYear2030 - 1, Self.newYear2030]
            .map { Timestamp(millisecondsSinceEpoch: $0) }
        #expect(instants.map(\.iso8601) == instants.map(\.iso8601).sorted())
        #expect(instants == instants.sorted())
    }

    @Test("Arithmetic stays within the range")
    func advanced() {
        let instant = Timestamp(millisecondsSinceEpoch: 1000)
        #expect(instant.advanced(by: .seconds(2)).millisecondsSinceEpoch == 3000)
        #expect(instant.advanced(by: .milliseconds(-1500)).millisecondsSinceEpoch == -500)
        #expect(instant.advanced(by: .seconds(Int64.max)) == .latest)
        #expect(instant.advanced(by: .seconds(Int64.min)) == .earliest)
        #expect(Timestamp(millisecondsSinceEpoch: .max) == .latest)
        #expect(Timestamp(millisecondsSinceEpoch: .min) == .earliest)
        #expect(Timestamp.latest.advanced(by: .milliseconds(1)) == .latest)
    }

    @Test("The wall clock is in this century")
    func wallClock() throws {
        let now = Timestamp.now()
        #expect(now > (try #require(Timestamp(iso8601: "2025-01-01"))))
        #expect(now < (try #require(Timestamp(iso8601: "2100-01-01"))))
    }
}
