extension Handshake.Refusal {
    /// Tells a client to send its request again by TLS (RFC 9110 §15.4.9), to the host it has asked for.
    ///
    /// - Parameter port: of the TLS listener; 443 is left out.
    package static func redirection(of head: RequestHead, port: Int) -> Handshake.Refusal {
        guard head.hostCount == 1, let host = (head.target?.authority ?? Authority(head.host))?.host,
            let target = head.target, target.subject == .resource,
            target.pathAndQuery.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return .badHost }
        let authority = port == 443 ? host : "\(host):\(port)"
        return Handshake.Refusal(
            status: "308 Permanent Redirect", id: "https_only",
            message: "This server is reached by https and wss.",
            fields: ["Location: https://\(authority)\(target.pathAndQuery)"])
    }
}

extension RequestHead {
    /// Whether a request is answered on the plain port even if others are redirected. Health checks come from
    /// nearby machines that know this server's address and not its name, and `OPTIONS *` names no resource to
    /// redirect to.
    package var staysPlain: Bool {
        guard let target, target.scheme != .https else { return false }
        return target.path == "/healthz" || target.path == "/readyz" || target.subject == .server
    }
}
