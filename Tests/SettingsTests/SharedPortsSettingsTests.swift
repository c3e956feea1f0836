import ICE
import SettingFixtures
import Testing
import WebServer

@testable import Settings

@Suite("Ports that the relay shares with the web server, by the settings")
struct SharedPortsSettingsTests {
    private let certificate = ["TLS_CERT": "c.pem", "TLS_KEY": "k.pem"]

    @Test(
        "Ports that the kernel chooses are known when they are bound, and TLS has one only with a certificate"
    )
    func known() async throws {
        let fixed = try await values(
            environment: certificate.merging(["PORT": "80", "TLS_PORT": "443"]) { $1 })
        #expect(SharedPorts(fixed) == SharedPorts(host: fixed.web.host, plain: 80, tls: 443))
        let chosen = try await values(
            environment: certificate.merging(["PORT": "0", "TLS_PORT": "0"]) { $1 })
        let host = chosen.web.host
        #expect(SharedPorts(chosen) == SharedPorts(host: host, plain: nil, tls: nil))
        #expect(
            SharedPorts(chosen, .init(plain: 8_080, tls: 8_443))
                == SharedPorts(host: host, plain: 8_080, tls: 8_443))
        let plain = try await values(environment: ["PORT": "80"])
        #expect(SharedPorts(plain).tls == nil)
        let apart = try await values(environment: ["PORT": "80", "RELAY_SHARE_PORTS": "0"])
        #expect(SharedPorts(apart) == .none)
        #expect(SharedPorts(apart, .init(plain: 80, tls: 443)) == .none)
    }
}
