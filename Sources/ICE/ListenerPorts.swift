/// The ports on which the relay of this process itself listens.
package struct ListenerPorts: Equatable, Sendable {
    /// Nil for a transport that it does not serve.
    let udp: UInt16?
    let tcp: UInt16?
    let tls: UInt16?

    package init(udp: UInt16?, tcp: UInt16?, tls: UInt16?) {
        (self.udp, self.tcp, self.tls) = (udp, tcp, tls)
    }

    /// The URLs of the relay once it listens; none for transports that it does not serve.
    ///
    /// Browsers get slow from five URLs on, so there is one for each transport. TLS is for networks that let nothing
    /// else through, and those let the web server's port through if any; its plain port is not thought to be let through
    /// where the relay's own is not.
    ///
    /// - Parameters:
    ///   - hosts: names or addresses by which clients reach the relay.
    ///   - shared: the web server's ports that lead to it too.
    func urls(at hosts: [String], _ shared: SharedPorts) -> [ICEURL] {
        hosts.flatMap { host in
            let isShared = shared.serves(host)
            let tcp = tcp ?? (isShared ? shared.plain : nil)
            let tls = (isShared ? shared.tls : nil) ?? tls
            return [
                udp.map { ICEURL(scheme: "stun", host: host, port: $0, transport: nil) },
                udp.map { ICEURL(scheme: "turn", host: host, port: $0, transport: "udp") },
                tcp.map { ICEURL(scheme: "turn", host: host, port: $0, transport: "tcp") },
                tls.map { ICEURL(scheme: "turns", host: host, port: $0, transport: "tcp") },
            ].compactMap { $0 }
        }
    }
}
