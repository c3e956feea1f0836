import RelayServer
import STUN
import Synchronization
import WebServer

/// Where other devices of the network find the pages of a server that a person has just started.
final class NetworkOrigin: Sendable {
    private let isServed: Bool
    private let allowedOrigins: AllowedOrigins
    private let port = Mutex<Int?>(nil)
    private let address: @Sendable () -> IPAddress?

    /// - Parameter address: this machine's in the network now; it may change.
    init(
        _ values: SettingValues,
        address: @escaping @Sendable () -> IPAddress? = { HostAddresses.relayAddress(.ipv4) }
    ) {
        isServed = ["0.0.0.0", "::"].contains(values[Settings.host]) && !values[Settings.redirectHTTP]
        allowedOrigins = AllowedOrigins(values[Settings.allowedOrigins])
        self.address = address
    }

    /// The web server listens, without TLS, on this port.
    func listens(on port: Int) { self.port.withLock { $0 = port } }

    /// `http://192.0.2.7:8080` for example; nil where others do not reach the server, or their pages would be refused.
    var current: String? {
        guard isServed, let port = port.withLock({ $0 }), let address = address(), !address.isLoopback else {
            return nil
        }
        let origin = "http://\(address):\(port)"
        return allowedOrigins.contains(origin) ? origin : nil
    }
}
