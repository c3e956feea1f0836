import Requests
import Testing

@Suite("Requests that the gate refuses itself")
struct GateRefusalTests {
    private func refusal(_ text: String, _ change: (inout GateStage.Settings) -> Void = { _ in }) -> [String]
    {
        let stage = GateStage(change)
        stage.send(Texts.wire(text) + Texts.get)
        #expect(stage.rules.isLingering == (stage.http == nil) && (stage.held == [] || stage.http != nil))
        return stage.takeLines()
    }

    @Test(
        "are those for no target of this server",
        arguments: ["ws://h/", "*", "http://u@h/", "a", "/#a", "http://"])
    func targets(target: String) {
        #expect(refusal("GET \(target) HTTP/1.1|Host: h||") == ["refuse 400 bad_request"])
        #expect(
            refusal("GET \(target) HTTP/1.1|Host: h||") { $0.redirectPort = 443 } == [
                "refuse 400 bad_request"
            ])
    }

    @Test("are those for tunnels, by TLS and without", arguments: [true, false])
    func tunnels(isSecure: Bool) {
        let lines = refusal("CONNECT h:443 HTTP/1.1|Host: h:443||") { $0.isSecure = isSecure }
        #expect(lines == ["refuse 404 not_found"])
    }

    @Test("are those for https where nothing says that they came by TLS")
    func httpsTargets() {
        let request = "GET https://h/a HTTP/1.1|Host: h||"
        #expect(refusal(request) == ["refuse 421 bad_request"])
        let passed = ["HTTP: \(request)", "stop reading"]
        #expect(refusal(request) { $0.isSecure = true } == passed)
        #expect(refusal(request) { $0.isTrustedProxy = true } == passed)
        let redirection = ["refuse 308 https_only, Location: https://h/a"]
        #expect(refusal(request) { $0.redirectPort = 443 } == redirection)
        #expect(refusal(Texts.handshake(target: "https://h/ws")) == ["refuse 421 bad_request"])
    }

    @Test("are those of HTTP/1.1 without a host, and those of any version with two")
    func hosts() {
        #expect(refusal("GET / HTTP/1.1||") == ["refuse 400 bad_request"])
        #expect(refusal("GET / HTTP/1.1|Host: h|Host: h||") == ["refuse 400 bad_request"])
        #expect(refusal("GET / HTTP/1.0|Host: h|Host: h||") == ["refuse 400 bad_request"])
        #expect(refusal("GET http://h/ HTTP/1.1||") == ["refuse 400 bad_request"])
    }

    @Test("are those of HTTP/1.0 with a transfer coding")
    func oldCodings() {
        let lines = refusal("POST / HTTP/1.0|Host: h|Transfer-Encoding: chunked||0||")
        #expect(lines == ["refuse 400 bad_request"])
    }

    @Test("are those that must come by TLS, but for health checks and questions about the server")
    func redirections() {
        func redirected(_ line: String) -> [String] {
            refusal("\(line) HTTP/1.1|Host: h||") { $0.redirectPort = 443 }
        }
        #expect(redirected("GET /a?b") == ["refuse 308 https_only, Location: https://h/a?b"])
        #expect(redirected("POST /healthz/a") == ["refuse 308 https_only, Location: https://h/healthz/a"])
        for line in ["GET /healthz", "GET /readyz", "OPTIONS *"] {
            #expect(redirected(line) == ["HTTP: \(line) HTTP/1.1|Host: h||", "stop reading"])
        }
    }

    @Test("end a connection that HTTP has used, in their turn")
    func later() {
        let stage = GateStage()
        stage.send(Texts.get + Texts.wire("CONNECT h:1 HTTP/1.1|Host: h||") + Texts.get)
        #expect(stage.takeLines() == ["HTTP: GET /a HTTP/1.1|Host: h||", "stop reading"])
        stage.answer()
        // The client's end must be seen.
        #expect(stage.takeLines() == ["refuse 404 not_found", "read again"])
        stage.send(Texts.get)
        #expect(stage.takeLines() == ["dropped"])
        stage.finish()
        #expect(stage.takeLines() == ["close"])
    }
}
