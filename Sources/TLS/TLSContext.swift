import COpenSSL
import Glibc

/// A certificate with its key and the rules of its sessions: OpenSSL's `SSL_CTX`.
///
/// Shared by all loops. It never changes after `init`, its reference count is atomic, and sessions keep it alive, so
/// a reload makes another one and lets this one go.
package final class TLSContext: Sendable {
    /// One is enough: a TURN client opens one connection, not six at once as a browser does for a page.
    private static let ticketsPerHandshake = 1

    /// Only `TLSSession` may use it, while it holds a reference to this object.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// What sessions may choose by ALPN: OpenSSL's callback reads it, so it stays where it is as long as this object.
    private let protocols: ApplicationProtocols

    /// Reads the files and checks that they belong together.
    ///
    /// - Throws: ``TLSConfigurationError`` naming the file that cannot be used.
    package init(_ settings: TLSSettings) throws(TLSConfigurationError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw Self.error(.unavailable, "") }
        protocols = ApplicationProtocols(settings.applicationProtocols)
        do throws(TLSConfigurationError) {
            try Self.configure(context, settings)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        SSL_CTX_set_alpn_select_cb(
            context, selectApplicationProtocol, Unmanaged.passUnretained(protocols).toOpaque())
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
        SSL_CTX_set_msg_callback(context, noteMessage)
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
    }

    /// Takes the oldest error OpenSSL has noted on this thread and forgets the rest.
    private static func error(_ code: TLSConfigurationError.Code, _ subject: String) -> TLSConfigurationError
    {
        let number = ERR_peek_error()
        ERR_clear_error()
        let reason =
            openssl_error_is_of_the_system(number) == 1
            ? String(cString: strerror(ERR_GET_REASON(number)))
            : ERR_reason_error_string(number).map { String(cString: $0) } ?? ""
        return TLSConfigurationError(code: code, subject: subject, reason: reason)
    }

    private static var reasonCode: Int32 { ERR_GET_REASON(ERR_peek_error()) }
}

/// The protocols of a context, at addresses that stay: OpenSSL keeps a pointer to the chosen one.
private final class ApplicationProtocols: Sendable {
    private static let maxNameBytes = 255

    /// Never changes, nor does what it points at.
    nonisolated(unsafe) let names: [UnsafeRawBufferPointer]

    init(_ protocols: [String]) {
        names = protocols.filter { (1...Self.maxNameBytes).contains($0.utf8.count) }.map { name in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: name.utf8.count, alignment: 1)
            memory.copyBytes(from: name.utf8)
            return UnsafeRawBufferPointer(memory)
        }
    }

    deinit {
        for name in names { name.deallocate() }
    }
}

/// Chooses the server's first protocol that the client offers. If the client offers only others, the session
/// continues without one, because some known clients announce another protocol and speak TURN.
private func selectApplicationProtocol(
    _: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredCount: UInt32,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let argument else { return SSL_TLSEXT_ERR_NOACK }
    let protocols = Unmanaged<ApplicationProtocols>.fromOpaque(argument).takeUnretainedValue()
    let offers = UnsafeRawBufferPointer(start: offered, count: Int(offeredCount))
    for wanted in protocols.names where contains(offers, wanted) {
        chosen?.pointee = wanted.baseAddress?.assumingMemoryBound(to: UInt8.self)
        chosenCount?.pointee = UInt8(clamping: wanted.count)
        return SSL_TLSEXT_ERR_OK
    }
    return SSL_TLSEXT_ERR_NOACK
}

/// Whether a list of names, each with its length in front (RFC 7301 §3.1), has this one.
private func contains(_ offers: UnsafeRawBufferPointer, _ wanted: UnsafeRawBufferPointer) -> Bool {
    var start = 0
    while start < offers.count {
        let count = Int(offers[start])
        guard start + 1 + count <= offers.count else { return false }
        if offers[start + 1..<start + 1 + count].elementsEqual(wanted) { return true }
        start += 1 + count
    }
    return false
}
