import Pairing
import Testing

@testable import WebServer

@Suite("The Date header")
struct HTTPDateCacheTests {
    @Test(
        "The date is written as RFC 9110 shows it",
        arguments: [
            ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("1970-01-01T00:00:00.999Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
            ("2026-12-31T12:00:00Z", "Thu, 31 Dec 2026 12:00:00 GMT"),
        ])
    func date(instant: String, expected: String) throws {
        let cache = HTTPDateCache()
        #expect(cache.text(at: try #require(Timestamp(iso8601: instant))) == expected)
    }
}
