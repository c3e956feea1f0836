import COpenSSL

/// One client's TLS: OpenSSL's `SSL`, driven by whatever `TLSExchange` points at.
///
/// Belongs to one loop and is used on its thread only, but may move to another: see ``attach(to:)``. Between calls
/// OpenSSL holds at most one incomplete record; an idle session holds no buffer at all.
///
/// Sendable because there is only ever one owner, and OpenSSL ties an `SSL` to no thread: what it keeps by thread, its
/// error queue, is left empty by every call here.
package struct TLSSession: ~Copyable, @unchecked Sendable {
    /// What became of a step.
    package enum Step: Equatable, Sendable {
        /// So many bytes read or written; 0 for a handshake that is complete.
        case done(Int)
        /// Everything read has been used; go on when more has come.
        case needsInput
        /// The socket takes no more; go on when it does.
        case needsRoom
        /// The client has said goodbye.
        case ended
        /// The client broke the rules, or the connection broke.
        case failed
    }

    /// Why a handshake failed, as far as an operator can do something about it.
    package enum Failure: Equatable, Sendable {
        /// The client speaks no version that is spoken here, or no cipher or group.
        case unsupported
        /// The client does not want the certificate.
        case certificateRefused
        /// Anything else that is not TLS as it should be.
        case malformed
    }

    private let ssl: OpaquePointer
    /// What the last `.failed` was about.
    package private(set) var failure = Failure.malformed
    /// Keeps OpenSSL's pointer to the callbacks and the certificate alive.
    private let context: TLSContext
    /// OpenSSL forbids SSL_shutdown from then on.
    private var hasFailed = false

    /// A session that waits for a ClientHello.
    ///
    /// - Parameter exchange: outlives the session.
    /// - Returns: nil if memory runs out.
    package init?(_ context: TLSContext, exchange: UnsafeMutablePointer<TLSExchange>) {
        guard let method = TLSExchange.method, let ssl = SSL_new(context.pointer) else { return nil }
        guard let bio = BIO_new(method) else {
            SSL_free(ssl)
            return nil
        }
        BIO_set_data(bio, UnsafeMutableRawPointer(exchange))
        SSL_set_bio(ssl, bio, bio)
        SSL_set_accept_state(ssl)
        self.ssl = ssl
        self.context = context
    }

    deinit {
        SSL_free(ssl)
    }

    /// Moves the session to another owner's exchange, whatever the state of its handshake.
    ///
    /// Before that the old owner has to have read until ``Step/needsInput`` (what it read from the socket and OpenSSL
    /// has not taken is lost) and to have sent all that the session wrote. It detaches the session when it lets go.
    /// - Parameter exchange: outlives the session, or its stay there.
    package mutating func attach(to exchange: UnsafeMutablePointer<TLSExchange>) {
        BIO_set_data(SSL_get_rbio(ssl), UnsafeMutableRawPointer(exchange))
    }

    /// Lets go of the exchange. Until ``attach(to:)`` every step is `.failed` and reads and writes nothing.
    package mutating func detach() {
        BIO_set_data(SSL_get_rbio(ssl), nil)
    }

    /// Goes on with the handshake; `.done(0)` when it is complete.
    package mutating func handshake() -> Step {
        let result = SSL_do_handshake(ssl)
        return result == 1 ? .done(0) : outcome(of: result)
    }

    /// Decrypts into `bytes`: one record's worth at most. Call until it wants something else.
    package mutating func read(into bytes: UnsafeMutableRawPointer, byteCount: Int) -> Step {
        let result = SSL_read(ssl, bytes, Int32(clamping: byteCount))
        return result > 0 ? .done(Int(result)) : outcome(of: result)
    }

    /// Encrypts and sends one record from the start of `bytes`. After `.needsRoom` the same bytes must be given
    /// again, from any place, and more may follow them.
    package mutating func write(_ bytes: UnsafeRawPointer, byteCount: Int) -> Step {
        let result = SSL_write(ssl, bytes, Int32(clamping: byteCount))
        return result > 0 ? .done(Int(result)) : outcome(of: result)
    }

    /// Says goodbye, without waiting for an answer; nothing after `.failed`.
    package mutating func close() {
        if !hasFailed, SSL_shutdown(ssl) < 0 { ERR_clear_error() }
    }

    /// The version as OpenSSL calls it, "TLSv1.3" for one.
    package var version: String { String(cString: SSL_get_version(ssl)) }

    /// What ALPN agreed on once the handshake is complete; nil if nothing.
    package var applicationProtocol: String? {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &bytes, &count)
        guard count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// The error queue is the thread's and decides what the next failure is taken for: never leave anything in it.
    private mutating func outcome(of result: Int32) -> Step {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .needsInput
        case SSL_ERROR_WANT_WRITE: return .needsRoom
        case SSL_ERROR_ZERO_RETURN: return .ended
        default:
            failure = Failure(errorNumber: ERR_peek_error())
            ERR_clear_error()
            hasFailed = true
            return .failed
        }
    }
}

extension TLSSession.Failure {
    fileprivate init(errorNumber: UInt) {
        let reason = ERR_GET_REASON(errorNumber)
        switch reason {
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_KEY_SHARE,
            SSL_R_NO_SUITABLE_GROUPS, SSL_R_VERSION_TOO_LOW, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
            self = .unsupported
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
            SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
            SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            self = .certificateRefused
        default:
            self = .malformed
        }
    }
}
