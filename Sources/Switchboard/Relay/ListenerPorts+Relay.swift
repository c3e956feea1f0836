import Addresses
import ICE
import RelayServer

extension ListenerPorts {
    /// Those that the relay has bound.
    init(_ addresses: RelayServer.ListenAddresses) {
        self.init(
            udp: addresses.udp.first?.port, tcp: addresses.tcp.first?.port, tls: addresses.tls.first?.port)
    }
}
