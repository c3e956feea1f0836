/// Which certificate a TLS listener shows and which versions and ciphers it speaks.
package struct TLSSettings: Sendable, Equatable {
    /// The oldest version of TLS a client may speak.
    package enum Version: Sendable, Equatable {
        case tls12
        case tls13
    }

    /// Ciphers of TLS 1.2: forward secrecy and authenticated encryption only, and no RSA key exchange.
    package static let defaultCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// The application protocol of TURN over TLS (RFC 7443).
    package static let turnProtocol = "stun.turn"
    /// That of HTTP/1.1 over TLS (RFC 7301 §6).
    package static let httpProtocol = "http/1.1"
    /// Groups for the key exchange, best first.
    static let groups = "X25519:P-256:P-384"

    /// A PEM file: the certificate, then those between it and the root.
    package var certificateFile: String
    /// A PEM file: the key that belongs to the certificate, not encrypted.
    package var privateKeyFile: String
    /// Default 1.2.
    package var minimumVersion: Version
    /// Ciphers of TLS 1.2 in OpenSSL's notation (`cipher-list`); those of TLS 1.3 are OpenSSL's own.
    package var ciphers: String
    /// The protocols that a client may choose by ALPN (RFC 7301), best first, each 1 to 255 bytes long. A client
    /// that offers none of them is still served, without a protocol. Default `stun.turn` alone (RFC 7443).
    package var applicationProtocols: [String]

    package init(
        certificateFile: String, privateKeyFile: String, minimumVersion: Version = .tls12,
        ciphers: String = TLSSettings.defaultCiphers,
        applicationProtocols: [String] = [TLSSettings.turnProtocol]
    ) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.minimumVersion = minimumVersion
        self.ciphers = ciphers
        self.applicationProtocols = applicationProtocols
    }
}

/// Why a certificate, key or cipher list cannot be used. Names a file, never what is in it.
package struct TLSConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Stable, for code that has to tell the cases apart.
    package enum Code: String, Sendable {
        case certificateUnusable = "certificate_unusable"
        case privateKeyUnusable = "private_key_unusable"
        case privateKeyDoesNotMatch = "private_key_does_not_match"
        case ciphersUnusable = "ciphers_unusable"
        /// OpenSSL could not be set up; out of memory, as a rule.
        case unavailable
    }

    package let code: Code
    /// The file or list it is about; empty for ``Code/unavailable``.
    package let subject: String
    /// OpenSSL's own words, empty if it had none.
    package let reason: String

    package var description: String {
        let what =
            switch code {
            case .certificateUnusable: "the certificate cannot be used"
            case .privateKeyUnusable: "the private key cannot be used"
            case .privateKeyDoesNotMatch: "the private key does not belong to the certificate"
            case .ciphersUnusable: "the list of ciphers cannot be used"
            case .unavailable: "TLS cannot be set up"
            }
        return [what, subject, reason].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
