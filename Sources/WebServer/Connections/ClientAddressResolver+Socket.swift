import Addresses
import Callers
import NIOCore
import Requests

extension ClientAddressResolver {
    /// Finds the origin of a request whose connection comes from `peer`; nil is never local.
    func resolve(peer: SocketAddress?, _ request: RequestProvenance) -> ClientOrigin {
        resolve(peer: peer.map { IPAddress($0) }, request)
    }

    /// Whether the socket's peer is a proxy whose `X-Forwarded-For` is trusted.
    func isTrustedProxy(_ peer: SocketAddress) -> Bool { isTrustedProxy(IPAddress(peer)) }
}
