import COpenSSL

/// A certificate with its key and the rules of its sessions: OpenSSL's `SSL_CTX`, set up for a TURN server.
///
/// Shared by all loops. It never changes after `init`, its reference count is atomic, and sessions keep it alive, so
/// a reload makes another one and lets this one go.
package final class TLSContext: Sendable {
    /// The application protocol of TURN over TLS (RFC 7443).
    static let applicationProtocol: StaticString = "stun.turn"
    /// One is enough: a TURN client opens one connection, not six at once as a browser does for a page.
    private static let ticketsPerHandshake = 1

    /// Only `TLSSession` may use it, while it holds a reference to this object.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Reads the files and checks that they belong together.
    ///
    /// - Throws: ``TLSConfigurationError`` naming the file that cannot be used.
    package init(_ settings: TLSSettings) throws(TLSConfigurationError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw Self.error(.unavailable, "") }
        do throws(TLSConfigurationError) {
            try Self.configure(context, settings)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        pointer = context
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    private static func configure(_ context: OpaquePointer, _ settings: TLSSettings)
        throws(TLSConfigurationError)
    {
        let version = settings.minimumVersion == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
        guard openssl_context_set_minimum_version(context, version) == 1,
            openssl_context_set_groups(context, TLSSettings.groups) == 1,
            SSL_CTX_set_num_tickets(context, ticketsPerHandshake) == 1
        else { throw error(.unavailable, "") }
        openssl_context_set_server_options(context)
        openssl_context_set_stream_modes(context)
        openssl_context_disable_session_cache(context)
        guard SSL_CTX_set_cipher_list(context, settings.ciphers) == 1 else {
            throw error(.ciphersUnusable, settings.ciphers)
        }
        // Never ask the terminal for a passphrase.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        guard SSL_CTX_use_certificate_chain_file(context, settings.certificateFile) == 1 else {
            throw error(.certificateUnusable, settings.certificateFile)
        }
        guard SSL_CTX_use_PrivateKey_file(context, settings.privateKeyFile, SSL_FILETYPE_PEM) == 1 else {
            let code = reasonCode == X509_R_KEY_VALUES_MISMATCH
            throw error(code ? .privateKeyDoesNotMatch : .privateKeyUnusable, settings.privateKeyFile)
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw error(.privateKeyDoesNotMatch, settings.privateKeyFile)
        }
        SSL_CTX_set_alpn_select_cb(context, selectApplicationProtocol, nil)
    }

    /// Takes the oldest error OpenSSL has noted on this thread and forgets the rest.
    private static func error(_ code: TLSConfigurationError.Code, _ subject: String) -> TLSConfigurationError
    {
        let number = ERR_peek_error()
        ERR_clear_error()
        let reason = ERR_reason_error_string(number).map { String(cString: $0) } ?? ""
        return TLSConfigurationError(code: code, subject: subject, reason: reason)
    }

    private static var reasonCode: Int32 { ERR_GET_REASON(ERR_peek_error()) }
}

/// Chooses `stun.turn` if the client offers it; goes on without any protocol if it offers others only, because clients
/// are known that announce something else and speak TURN.
private func selectApplicationProtocol(
    _: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredCount: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    let wanted = TLSContext.applicationProtocol
    let wantedCount = wanted.utf8CodeUnitCount
    let offers = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    var start = 0
    while start < offers.count {
        let count = Int(offers[start])
        guard start + 1 + count <= offers.count else { break }
        let name = offers[start + 1..<start + 1 + count]
        if name.elementsEqual(UnsafeBufferPointer(start: wanted.utf8Start, count: wantedCount)) {
            // The name has to outlive the callback: the string's own memory does.
            chosen?.pointee = wanted.utf8Start
            chosenCount?.pointee = UInt8(wantedCount)
            return SSL_TLSEXT_ERR_OK
        }
        start += 1 + count
    }
    return SSL_TLSEXT_ERR_NOACK
}
