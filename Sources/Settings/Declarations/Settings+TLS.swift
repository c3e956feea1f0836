package import Addresses

extension Settings {
    package static let tlsCert = Setting<String?>.text(
        "TLS_CERT", .server, allowed: "the path of a PEM file", default: nil, defaultText: "",
        "The certificate with its chain, for HTTPS and WSS; a changed file is loaded without restart."
    ) { $0.isPath ? .some($0) : nil }

    package static let tlsKey = Setting<String?>.text(
        "TLS_KEY", .server, allowed: "the path of a PEM file", default: nil, defaultText: "",
        "The private key of the certificate in TLS_CERT."
    ) { $0.isPath ? .some($0) : nil }

    package static let tlsPort = Setting.wholeNumber(
        "TLS_PORT", .server, default: 8443, in: 0...65_535,
        "The port for HTTPS and WSS, open once there is a certificate; 0 takes any free one.")

    package static let redirectHTTP = Setting.yesOrNo(
        "REDIRECT_HTTP", .server, default: false,
        "Whether HTTP requests to PORT are redirected to https, /healthz and /readyz excepted.")

    package static let proxyProtocolFrom = Setting.list(
        "PROXY_PROTOCOL_FROM", .access,
        allowed: "IP addresses and ranges such as 10.0.0.0/8 with commas between them", default: [],
        defaultText: "",
        "Proxies whose TCP connections all begin with a PROXY protocol header that names the client."
    ) { IPRange(network: $0) }
}

extension String {
    /// Whether it may be a path as Linux takes them.
    var isPath: Bool { (1...4_096).contains(utf8.count) && !contains("\0") }
}
