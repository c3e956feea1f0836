import COpenSSL

/// A client's TLS on a blocking socket: to look at a server, not to trust it. Certificates are shown, not checked.
package struct TLSClient: ~Copyable {
    private let context: OpaquePointer
    private let ssl: OpaquePointer

    /// Shakes hands; nil if that fails, or if the socket's own timeouts pass.
    ///
    /// - Parameters:
    ///   - socket: connected and blocking; stays open for as long as this lives, and is the caller's to close.
    ///   - name: the server's, or nil for one that has only an address.
    ///   - protocols: those to offer by ALPN, best first.
    package init?(socket: Int32, name: String?, protocols: [String] = []) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = SSL_CTX_new(TLS_client_method()) else { return nil }
        guard let ssl = SSL_new(context) else {
            SSL_CTX_free(context)
            return nil
        }
        SSL_set_fd(ssl, socket)
        if let name { _ = openssl_session_set_server_name(ssl, name) }
        let offers = protocols.flatMap { [UInt8(clamping: $0.utf8.count)] + Array($0.utf8) }
        if !offers.isEmpty { SSL_set_alpn_protos(ssl, offers, UInt32(offers.count)) }
        guard SSL_connect(ssl) == 1 else {
            SSL_free(ssl)
            SSL_CTX_free(context)
            return nil
        }
        self.context = context
        self.ssl = ssl
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    /// SHA-256 of the certificate that the server showed.
    package var peerCertificate: [UInt8]? {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
        return CertificateFacts.sha256(of: certificate)
    }

    /// Sends everything; false if it could not.
    package mutating func write(_ bytes: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        return SSL_write(ssl, bytes, Int32(clamping: bytes.count)) == bytes.count
    }

    /// The next bytes, at most 4 KiB; nil at the end, or after the socket's timeout.
    package mutating func read() -> [UInt8]? {
        defer { ERR_clear_error() }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = SSL_read(ssl, &bytes, Int32(bytes.count))
        return count > 0 ? Array(bytes.prefix(Int(count))) : nil
    }
}
