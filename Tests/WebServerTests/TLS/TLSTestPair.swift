import COpenSSL
import Glibc
import Logging
import NIOCore
import NIOEmbedded
import TLS

@testable import WebServer

/// A self-signed certificate and its key in files of their own, which go with the value.
final class TestKeyPair {
    let certificateFile: String
    let keyFile: String

    init() throws {
        let stem = "/tmp/web-certificate-\(getpid())-\(UInt64.random(in: 0...(.max)))"
        (certificateFile, keyFile) = (stem + ".pem", stem + ".key")
        guard let key = openssl_test_key(), let certificate = X509_new() else { throw TestTrouble("key") }
        defer {
            EVP_PKEY_free(key)
            X509_free(certificate)
        }
        let name = X509_get_subject_name(certificate)
        guard X509_gmtime_adj(X509_getm_notBefore(certificate), -3_600) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), 86_400) != nil,
            X509_set_pubkey(certificate, key) == 1,
            X509_NAME_add_entry_by_txt(name, "CN", 0x1001, "web.test", -1, -1, 0) == 1,
            X509_set_issuer_name(certificate, name) == 1, X509_sign(certificate, key, EVP_sha256()) > 0,
            let certificateOut = fopen(certificateFile, "w"), let keyOut = fopen(keyFile, "w")
        else { throw TestTrouble("certificate") }
        PEM_write_X509(certificateOut, certificate)
        PEM_write_PrivateKey(keyOut, key, nil, nil, 0, nil, nil)
        fclose(certificateOut)
        fclose(keyOut)
    }

    deinit {
        unlink(certificateFile)
        unlink(keyFile)
    }
}

private func openssl_test_key() -> OpaquePointer? {
    guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
        EVP_PKEY_generate(context, &key) == 1
    else { return nil }
    return key
}

/// A step of a test's own preparation that did not work.
struct TestTrouble: Error {
    let what: String

    init(_ what: String) { self.what = what }
}

/// OpenSSL's own client, on memory.
final class TLSMemoryClient {
    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    init(protocols: [String] = [], maximumVersion: Int32? = nil) throws {
        guard let context = SSL_CTX_new(TLS_client_method()), let ssl = SSL_new(context),
            let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem())
        else { throw TestTrouble("client") }
        (self.context, self.ssl, self.incoming, self.outgoing) = (context, ssl, incoming, outgoing)
        if let maximumVersion { _ = SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion), nil) }
        let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !list.isEmpty { SSL_set_alpn_protos(ssl, list, UInt32(list.count)) }
        SSL_set_bio(ssl, incoming, outgoing)
        SSL_set_connect_state(ssl)
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    /// Whether the handshake is complete now.
    func handshake() -> Bool {
        defer { ERR_clear_error() }
        return SSL_do_handshake(ssl) == 1
    }

    func feed(_ records: [UInt8]) { BIO_write(incoming, records, Int32(records.count)) }

    /// What it wants to send.
    func takeRecords() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = BIO_read(outgoing, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(max(0, Int(count))))
    }

    func write(_ bytes: [UInt8]) { _ = SSL_write(ssl, bytes, Int32(bytes.count)) }

    /// All that can be decrypted.
    func read() -> [UInt8] {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = SSL_read(ssl, &bytes, Int32(bytes.count))
            guard count > 0 else { break }
            all += bytes.prefix(Int(count))
        }
        ERR_clear_error()
        return all
    }

    func close() { _ = SSL_shutdown(ssl) }

    func updateKeys() { _ = SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) }

    /// The server has said goodbye.
    var wasToldGoodbye: Bool { SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }
}

/// Notes what reaches the handlers behind the TLS handler.
final class BehindTLS: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var received: [UInt8] = []
    var reads = 0
    var writability: [Bool] = []
    var events: [String] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        reads += 1
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writability.append(context.channel.isWritable)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        events.append("\(event)")
    }
}

/// A TLS handler on an embedded channel and a client before it.
final class TLSTestPair {
    let keys: TestKeyPair
    let channel = EmbeddedChannel()
    let behind = BehindTLS()
    let service: TLSService
    let handler: TLSHandler
    let client: TLSMemoryClient

    init(
        protocols: [String] = [], offered: [String] = ["stun.turn", "http/1.1"], maximumVersion: Int32? = nil,
        limits: ConnectionLimits = ConnectionLimits()
    ) throws {
        keys = try TestKeyPair()
        let settings = TLSSettings(
            certificateFile: keys.certificateFile, privateKeyFile: keys.keyFile, applicationProtocols: offered
        )
        service = TLSService(try TLSCertificates(settings, logger: Logger(label: "test")), limits: limits)
        let loop = LoopContext(eventLoop: channel.eventLoop)
        handler = TLSHandler(LoopTLS(service: service, eventLoop: channel.eventLoop), loop: loop)
        client = try TLSMemoryClient(protocols: protocols, maximumVersion: maximumVersion)
        try channel.pipeline.syncOperations.addHandlers([handler, behind])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// The client's records to the server, by `size` bytes if that is given.
    func toServer(by size: Int = .max) throws {
        var records = client.takeRecords()[...]
        while !records.isEmpty {
            try channel.writeInbound(ByteBuffer(bytes: records.prefix(size)))
            records = records.dropFirst(size)
        }
        channel.embeddedEventLoop.run()
    }

    /// What the server has written, to the client.
    func toClient() throws {
        while let records = try channel.readOutbound(as: ByteBuffer.self) {
            client.feed(Array(records.readableBytesView))
        }
    }

    /// Both by turns until the client is done.
    func handshake(by size: Int = .max) throws -> Bool {
        for _ in 0..<10 {
            let isDone = client.handshake()
            try toServer(by: size)
            try toClient()
            if isDone { return true }
        }
        return false
    }

    func write(_ bytes: [UInt8], _ promise: EventLoopPromise<Void>? = nil) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: promise)
    }

    /// As the socket does: it takes nothing, or takes again.
    func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }
}
