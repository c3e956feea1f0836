import Addresses
import Testing

@testable import Requests

@Suite("Local callers")
struct RequestProvenanceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var socket = "127.0.0.1"
        var host = "localhost:8080"
        var fields: [(String, String)] = []
        var isProxied = false
        var testDescription: String { "\(socket), \(host), \(fields), \(isProxied)" }
    }

    private func isLocal(_ test: Case) throws -> Bool {
        var provenance = RequestProvenance()
        provenance.authority = test.host
        provenance.isProxied = test.isProxied
        for (name, value) in test.fields { provenance.note(name, value) }
        return provenance.isLocal(from: try #require(IPAddress(test.socket)))
    }

    @Test(
        "are programs and pages of this machine that speak to it directly by one of its own names",
        arguments: [
            Case(), Case(socket: "127.9.9.9"), Case(socket: "::1", host: "[::1]:8080"),
            Case(host: "127.0.0.1:80"),
            Case(host: "LOCALHOST"),
            Case(fields: [("user-agent", "curl"), ("accept", "*/*"), ("x-requested-with", "x")]),
            Case(fields: [("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")]),
            Case(fields: [("origin", "HTTP://LOCALHOST:8080")]),
            Case(host: "localhost", fields: [("origin", "http://localhost:80")]),
            Case(host: "localhost:80", fields: [("origin", "http://localhost")]),
            Case(host: "localhost", fields: [("origin", "https://localhost")]),
            Case(fields: [("sec-fetch-site", "none")]),
        ])
    func local(test: Case) throws {
        #expect(try isLocal(test))
    }

    @Test(
        "are none that come from elsewhere, by another name, through a proxy, or for a page of another site",
        arguments: [
            Case(socket: "192.0.2.1"), Case(socket: "2001:db8::1"),
            Case(host: "rebind.example"), Case(host: "rebind.example:8080"), Case(host: "192.0.2.1:8080"),
            Case(host: "localhost.rebind.example"), Case(host: ""), Case(host: "localhost, localhost"),
            Case(host: "u@localhost"),
            Case(fields: [("x-forwarded-for", "127.0.0.1")]), Case(fields: [("x-forwarded-for", "")]),
            Case(fields: [("forwarded", "for=127.0.0.1")]), Case(fields: [("via", "1.1 proxy")]),
            Case(fields: [("x-real-ip", "127.0.0.1")]), Case(fields: [("x-forwarded-proto", "https")]),
            Case(fields: [("x-forwarded-host", "localhost")]), Case(isProxied: true),
            Case(fields: [("origin", "https://evil.example")]), Case(fields: [("origin", "null")]),
            Case(fields: [("origin", "")]), Case(fields: [("origin", "http://localhost:3000")]),
            Case(fields: [("origin", "http://localhost")]),
            Case(fields: [("origin", "http://127.0.0.1:8080")]),
            Case(fields: [("origin", "file://localhost:8080")]),
            Case(fields: [("origin", "http://localhost:8080.evil.example")]),
            Case(fields: [("origin", "http://localhost:8080"), ("origin", "https://evil.example")]),
            Case(fields: [("sec-fetch-site", "cross-site")]), Case(fields: [("sec-fetch-site", "same-site")]),
            Case(fields: [("sec-fetch-site", "")]), Case(fields: [("sec-fetch-site", "something-new")]),
            Case(fields: [("origin", "http://localhost:8080"), ("sec-fetch-site", "cross-site")]),
        ])
    func others(test: Case) throws {
        #expect(try !isLocal(test))
    }
}
