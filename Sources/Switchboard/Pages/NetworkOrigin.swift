import Addresses
import RelayServer
import Requests
import Settings
import Synchronization
import WebServer

/// Where other devices of the network find the pages of a server that a person has just started.
final class NetworkOrigin: Sendable {
    private let isServed: Bool
    private let allowedOrigins: AllowedOrigins
    private let port = Mutex<Int?>(nil)
    private let address: @Sendable () throws -> IPAddress?
    /// The last address that could be read.
    private let lastAddress = Mutex<IPAddress?>(nil)

    /// - Parameter address: this machine's in the network now; it may change.
    init(
        _ values: SettingValues,
        address: @escaping @Sendable () throws -> IPAddress? = { try HostAddresses.relayAddress(.ipv4) }
    ) {
        isServed = ["0.0.0.0", "::"].contains(values.web.host) && !values.web.redirectsHTTP
        allowedOrigins = values.web.allowedOrigins
        self.address = address
    }

    /// The web server listens, without TLS, on this port.
    func listens(on port: Int) { self.port.withLock { $0 = port } }

    /// This machine's address as it is, or as it was when it could last be read.
    private func knownAddress() -> IPAddress? {
        do {
            let now = try address()
            lastAddress.withLock { $0 = now }
            return now
        } catch {
            return lastAddress.withLock { $0 }
        }
    }

    /// `http://192.0.2.7:8080` for example; nil where others do not reach the server, or their pages would be refused.
    var current: String? {
        guard isServed, let port = port.withLock({ $0 }), let address = knownAddress(),
            !address.isLoopback
        else {
            return nil
        }
        let origin = "http://\(address):\(port)"
        return allowedOrigins.contains(origin) ? origin : nil
    }
}
