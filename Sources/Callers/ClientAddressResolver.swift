package import Addresses
package import Logging
package import Requests
import Synchronization

/// Finds a caller's address from its socket and, behind trusted proxies only, from `X-Forwarded-For`.
///
/// By default no proxy is trusted, and the address is the socket's. If the socket belongs to a trusted proxy, the
/// hops of `X-Forwarded-For` are read from the right, where each proxy appended what it saw. The first hop that is
/// not a trusted proxy is the client. A hop that is not an address ends the walk at the last trusted one, because
/// nothing to its left was written by a trusted proxy. `Forwarded`, `Via` and `X-Real-IP` are never read for an
/// address; their presence shows only that a caller is not direct.
package final class ClientAddressResolver: Sendable {
    private let trustedProxies: [IPRange]
    private let logger: Logger?
    private let hasWarned = Atomic<Bool>(false)
    private let hasWarnedOfHost = Atomic<Bool>(false)

    /// - Parameters:
    ///   - trustedProxies: blocks whose `X-Forwarded-For` is trusted; default none.
    ///   - logger: told once, by a warning, when a proxy on this machine seems to be missing from the list, and once when
    ///     one seems to pass requests on as its own.
    package init(trustedProxies: [IPRange] = [], logger: Logger? = nil) {
        self.trustedProxies = trustedProxies
        self.logger = logger
    }

    /// Finds the origin of a request. Safe to call from any thread; it takes no lock.
    ///
    /// - Parameters:
    ///   - peer: the socket's peer; nil counts as the shared `AddressKey.unknown`, never as local.
    ///   - request: what the request itself tells.
    package func resolve(peer: IPAddress?, _ request: RequestProvenance) -> ClientOrigin {
        guard let socket = peer?.unmapped else { return ClientOrigin(key: .unknown, isLocal: false) }
        guard request.isForwarded else {
            let isLocal = request.isLocal(from: socket)
            if !isLocal, socket.isLoopback, !request.isProxied, request.asksForAnotherHost {
                warnOfHostOnce()
            }
            return ClientOrigin(key: AddressKey(socket), isLocal: isLocal)
        }
        guard isTrusted(socket) else {
            if socket.isLoopback { warnOnce() }
            return ClientOrigin(key: AddressKey(socket), isLocal: false, viaUntrustedProxy: socket.isLoopback)
        }
        return ClientOrigin(key: AddressKey(client(behind: socket, request.forwardedFor)), isLocal: false)
    }

    /// Whether the socket's peer is a proxy whose `X-Forwarded-For` is trusted.
    package func isTrustedProxy(_ peer: IPAddress) -> Bool { isTrusted(peer.unmapped) }

    private func client(behind proxy: IPAddress, _ lines: [some StringProtocol]) -> IPAddress {
        var lastTrusted = proxy
        for line in lines.reversed() {
            for element in line.split(separator: ",").reversed() {
                let hop = element.trimmingOptionalWhitespace()
                if hop.isEmpty { continue }
                guard let address = IPAddress(forwardedHop: hop) else { return lastTrusted }
                guard isTrusted(address) else { return address }
                lastTrusted = address
            }
        }
        return lastTrusted
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    private func warnOfHostOnce() {
        guard let logger, !hasWarnedOfHost.exchange(true, ordering: .relaxed) else { return }
        logger.warning(
            """
            A caller on this machine asks for another host and sends no forwarding header. If it is a proxy, \
            all clients behind it count as one address: let it add X-Forwarded-For, and name it in TRUSTED_PROXIES
            """)
    }

    private func warnOnce() {
        guard let logger, !hasWarned.exchange(true, ordering: .relaxed) else { return }
        logger.warning(
            """
            A caller on this machine sends a forwarding header, but no trusted proxy covers it: all clients \
            behind it count as one address. Name the proxy in TRUSTED_PROXIES, for example 127.0.0.1,::1
            """)
    }
}
