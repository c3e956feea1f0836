import COpenSSL
import Glibc

/// A TLS client on a connected, non-blocking socket: OpenSSL's own, so that ours meets software we did not write.
final class TLSTestClient {
    enum Result: Equatable {
        case done(Int)
        case wait
        case ended
        case failed
    }

    private let context: OpaquePointer
    private let ssl: OpaquePointer

    /// - Parameter protocols: what it offers by ALPN; nothing by default.
    init(_ socket: Int32, protocols: [String] = [], maximumVersion: Int32? = nil) throws {
        guard let context = SSL_CTX_new(TLS_client_method()), let ssl = SSL_new(context) else {
            throw TestFailure("SSL_new")
        }
        self.context = context
        self.ssl = ssl
        if let maximumVersion {
            _ = SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion), nil)
            SSL_set_security_level(ssl, 0)
        }
        if !protocols.isEmpty {
            let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            guard SSL_set_alpn_protos(ssl, list, UInt32(list.count)) == 0 else { throw TestFailure("ALPN") }
        }
        guard SSL_set_fd(ssl, socket) == 1 else { throw TestFailure("SSL_set_fd") }
        SSL_set_connect_state(ssl)
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    func handshake() -> Result { result(SSL_do_handshake(ssl)) }

    func write(_ bytes: [UInt8]) -> Result { result(SSL_write(ssl, bytes, Int32(bytes.count))) }

    /// At most one record.
    func read() -> (Result, [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let outcome = result(SSL_read(ssl, &bytes, Int32(bytes.count)))
        if case .done(let count) = outcome { return (outcome, Array(bytes.prefix(count))) }
        return (outcome, [])
    }

    func close() { _ = SSL_shutdown(ssl) }

    /// Asks for new keys, in both directions; TLS 1.3 only.
    func updateKeys() -> Bool { SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 }

    func renegotiate() -> Bool { SSL_renegotiate(ssl) == 1 }

    var version: String { String(cString: SSL_get_version(ssl)) }

    var cipher: String { SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "" }

    /// What ALPN agreed on; empty if nothing.
    var applicationProtocol: String {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &bytes, &count)
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// The name in the server's certificate.
    var certificateName: String {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return "" }
        defer { X509_free(certificate) }
        var bytes = [CChar](repeating: 0, count: 256)
        let count = X509_NAME_get_text_by_NID(
            X509_get_subject_name(certificate), NID_commonName, &bytes, Int32(bytes.count))
        return count < 0
            ? "" : String(decoding: bytes.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func result(_ value: Int32) -> Result {
        if value > 0 { return .done(Int(value)) }
        defer { ERR_clear_error() }
        switch SSL_get_error(ssl, value) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wait
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed
        }
    }
}
