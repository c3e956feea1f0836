/// What the gate refuses by itself.
extension Handshake.Refusal {
    /// For handshakes that come while the server stops.
    package static let draining = Handshake.Refusal(
        status: "503 Service Unavailable", id: "draining",
        message: "The server is about to stop; connect again.",
        fields: ["Retry-After: 5"])
    /// For targets that no server could answer (RFC 9112 §3.2).
    package static let badTarget = Handshake.Refusal(
        status: "400 Bad Request", id: "bad_request",
        message: "The request's target is a path, or a URL with http or https and a host.")
    /// For targets of https that came without TLS (RFC 9110 §7.4).
    package static let misdirected = Handshake.Refusal(
        status: "421 Misdirected Request", id: "bad_request", message: "An https URL is asked for by TLS.")
    /// For transfer codings of HTTP/1.0 (RFC 9112 §6.1).
    package static let faultyFraming = Handshake.Refusal(
        status: "400 Bad Request", id: "bad_request",
        message: "An HTTP/1.0 request has no Transfer-Encoding.")
    /// For HTTP/1.1 without a host, and for more than one (RFC 9112 §3.2).
    package static let badHost = Handshake.Refusal(
        status: "400 Bad Request", id: "bad_request",
        message: "An HTTP/1.1 request has exactly one Host field, with a host in it.")
    /// For HTTP where TLS is spoken.
    package static let needsTLS = Handshake.Refusal(
        status: "400 Bad Request", id: "bad_request",
        message: "This port speaks TLS: the URL begins with https or wss.")
    /// For CONNECT.
    package static let noTunnel = Handshake.Refusal(
        status: "404 Not Found", id: "not_found", message: "There is nothing here.")
    /// For handshakes of an address that has too many connections, or opens them too fast.
    package static let tooManyConnections = Handshake.Refusal(
        status: "429 Too Many Requests", id: "rate_limited",
        message: "Too many connections from this address.", fields: ["Retry-After: 60"])
}
