extension Handshake.Refusal {
    /// Tells a client to send its request again by TLS (RFC 9110 §15.4.9), to the host it has asked for.
    ///
    /// - Parameter port: of the TLS listener; 443 is left out.
    static func redirection(of head: RequestHead, port: Int) -> Handshake.Refusal {
        guard head.hostCount == 1, let host = host(of: head.host), head.target.first == "/",
            head.target.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return .badHost }
        let authority = port == 443 ? host : "\(host):\(port)"
        return Handshake.Refusal(
            status: "308 Permanent Redirect", id: "https_only",
            message: "This server is reached by https and wss.",
            fields: ["Location: https://\(authority)\(head.target)"])
    }

    /// The host of a `Host` field without its port; nil for anything that could not be one.
    private static func host(of field: String) -> String? {
        guard (1...300).contains(field.utf8.count) else { return nil }
        var host = field[...]
        if field.first == "[" {
            guard let end = field.firstIndex(of: "]") else { return nil }
            host = field[...end]
            guard ClientAddress(field[field.index(after: field.startIndex)..<end]) != nil else { return nil }
        } else {
            if let colon = field.firstIndex(of: ":") { host = field[..<colon] }
            guard !host.isEmpty, host.utf8.allSatisfy(isHostByte) else { return nil }
        }
        let rest = field[host.endIndex...]
        guard rest.isEmpty || rest == ":" || rest.first == ":" && UInt16(rest.dropFirst()) != nil else {
            return nil
        }
        return String(host)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension ConnectionGate {
    /// Whether a request is answered on the plain port also where others are redirected: health checks come from
    /// machines beside this one, which know its address and not its name.
    static func staysPlain(_ head: RequestHead) -> Bool {
        head.path == "/healthz" || head.path == "/readyz"
    }
}
