import Addresses
package import Settings
import WebServer

/// Finds the switchboard that runs with this configuration already.
package enum OwnServer {
    /// Asks at the configured port; nil if no switchboard answers there.
    package static func find(_ values: SettingValues, on machine: Machine) -> RunningServer? {
        for endpoint in values.webEndpoints(machine.resolve) {
            let origin = origin(endpoint, values)
            guard let health = machine.get("/healthz", origin), health.status == 200,
                health.body.contains("\"status\":\"ok\""), let ready = machine.get("/readyz", origin)
            else { continue }
            return RunningServer(
                isReady: ready.status == 200, problem: ready.status == 200 ? nil : reason(ready.body),
                relayIsReady: ready.body.contains("\"relay\":\"ready\""),
                process: machine.owner(endpoint))
        }
        return nil
    }

    /// Where it could be asked from this machine.
    private static func origin(_ endpoint: Endpoint, _ values: SettingValues) -> HTTPProbe.Origin {
        let address = endpoint.address.askable
        return HTTPProbe.Origin(
            address: address, host: address.ip.description, announcesProxy: values.announcesLoopback)
    }

    /// The human part of a refusal, which ends with a full stop.
    private static func reason(_ body: String) -> String {
        let message = body.firstMatch(of: /"message":"([^"\\]*)"/).map { String($0.1) }
        return (message ?? "it gave no reason").trimmingFullStop
    }
}

extension String {
    fileprivate var trimmingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}

extension SettingValues {
    /// Whether connections from this machine itself have to begin with a PROXY protocol header.
    var announcesLoopback: Bool {
        let loopback = ["127.0.0.1", "::1"].compactMap { IPAddress($0) }
        return self.web.proxyProtocolFrom.contains { loopback.contains(where: $0.contains) }
    }
}
