import Testing

@testable import Requests

@Suite("Redirections to https")
struct RedirectionTests {
    private struct NoHead: Error {}

    private func refusal(_ lines: String..., port: Int = 8443) throws -> Handshake.Refusal {
        let text = (lines + ["", ""]).joined(separator: "\r\n")
        let outcome = Array(text.utf8).withUnsafeBytes { RequestHead.parse($0) }
        guard case .complete(let head, _) = outcome else { throw NoHead() }
        return .redirection(of: head, port: port)
    }

    @Test("The port of https is left out, others stand behind the host")
    func ports() throws {
        let request = ["GET /a?b=c HTTP/1.1", "Host: example.org:8080"]
        let standard = try refusal(request[0], request[1], port: 443)
        #expect(standard.fields == ["Location: https://example.org/a?b=c"])
        let other = try refusal(request[0], request[1])
        #expect(other.fields == ["Location: https://example.org:8443/a?b=c"])
        #expect(other.status == "308 Permanent Redirect")
    }

    @Test(
        "A host is repeated only if it can be one",
        arguments: [
            "example.org", "EXAMPLE.org", "a_b-c.example", "192.0.2.1", "[2001:db8::1]", "[::1]:80",
            "a:65535",
            "a:",
        ])
    func hosts(host: String) throws {
        #expect(try refusal("GET / HTTP/1.1", "Host: \(host)").id == "https_only")
    }

    @Test(
        "Anything else is refused, and never repeated",
        arguments: [
            "", ":80", "a b", "a/b", "a@b", "a?b", "a#b", "a\\b", "a:b", "a:70000", "a:+80", "a:80:80", "[",
            "[]", "[192.0.2.1]",
            "[a]",
            "[::1", "[::1]a", "::1", "ä", "a,b", "%61", String(repeating: "a", count: 301),
        ])
    func strangeHosts(host: String) throws {
        let refusal = try refusal("GET / HTTP/1.1", "Host: \(host)")
        #expect(refusal.id == "bad_request")
        #expect(refusal.fields.isEmpty)
    }

    @Test("A target that is no path is refused", arguments: ["*", "ws://a/", "http://u@a/", "a", "/ä", ""])
    func targets(target: String) throws {
        #expect(try refusal("GET \(target) HTTP/1.1", "Host: a").id == "bad_request")
    }

    @Test("A target in absolute form names the host that is asked for")
    func absoluteTargets() throws {
        let redirection = try refusal("GET http://example.org:81/a?b HTTP/1.1", "Host: evil.example")
        #expect(redirection.fields == ["Location: https://example.org:8443/a?b"])
        let empty = try refusal("GET https://[2001:db8::1] HTTP/1.1", "Host: a", port: 443)
        #expect(empty.fields == ["Location: https://[2001:db8::1]/"])
    }

    @Test("No host, and more than one, are refused")
    func hostCounts() throws {
        #expect(try refusal("GET / HTTP/1.0").id == "bad_request")
        #expect(try refusal("GET / HTTP/1.1", "Host: a", "Host: a").id == "bad_request")
    }

    @Test(
        "Health checks stay, and questions about the server itself",
        arguments: [
            "GET /healthz", "GET /readyz?verbose", "GET http://a/healthz", "OPTIONS *", "OPTIONS http://a",
        ])
    func health(line: String) throws {
        let outcome = Array("\(line) HTTP/1.1\r\nHost: a\r\n\r\n".utf8).withUnsafeBytes {
            RequestHead.parse($0)
        }
        guard case .complete(let head, _) = outcome else { throw NoHead() }
        #expect(head.staysPlain)
    }
}
