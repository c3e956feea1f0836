import COpenSSL
import Glibc

/// What OpenSSL reads from and writes to while a loop works on one client.
///
/// A loop has one, at an address that never changes, and points it at a client before each call into that client's
/// session. Input that the loop has read from the socket in one call is taken from memory; records go straight to
/// the socket. So a turn costs a client one read and, as long as its output fits one record, one write. If other
/// code writes to the socket, records are collected in memory instead.
package struct TLSExchange: BitwiseCopyable {
    /// The client's socket; -1 while no client is worked on.
    package var socket: Int32
    /// What has been read from it and not yet been taken by OpenSSL.
    package var input: UnsafeRawPointer?
    package var inputByteCount: Int
    /// The other side has closed, so nothing follows after `input`.
    package var isAtEnd = false
    /// Changes of keys that the client has asked for since it was pointed at: each costs as much as a packet, and takes
    /// 27 bytes.
    var keyUpdates = 0
    /// Where records are collected; nil sends them to the socket.
    package var output: UnsafeMutableRawPointer?
    package var outputCapacity = 0
    /// How many bytes have been collected. With no room left, sessions answer `.needsRoom`.
    package var outputByteCount = 0

    /// Bytes that have been read from a socket, and where answers to them go.
    package init(socket: Int32 = -1, input: UnsafeRawPointer? = nil, inputByteCount: Int = 0) {
        (self.socket, self.input, self.inputByteCount) = (socket, input, inputByteCount)
    }

    /// Clients change their keys once in millions of records (RFC 8446 §5.5).
    static let maxKeyUpdates = 4

    /// The functions OpenSSL calls; made once for the process, nil if out of memory.
    nonisolated(unsafe) static let method: OpaquePointer? = {
        let index = BIO_get_new_index()
        guard index >= 0, let method = BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "stream client") else {
            return nil
        }
        BIO_meth_set_read(method, readExchange)
        BIO_meth_set_write(method, writeExchange)
        BIO_meth_set_ctrl(method, controlExchange)
        BIO_meth_set_create(method) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
        return method
    }()
}

private func readExchange(
    _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ byteCount: Int32
) -> Int32 {
    guard let bytes, let exchange = BIO_get_data(bio)?.assumingMemoryBound(to: TLSExchange.self) else {
        return -1
    }
    openssl_bio_clear_retry(bio)
    guard exchange.pointee.keyUpdates <= TLSExchange.maxKeyUpdates else { return -1 }
    let available = exchange.pointee.inputByteCount
    guard available > 0, byteCount > 0, let input = exchange.pointee.input else {
        if exchange.pointee.isAtEnd { return 0 }
        openssl_bio_retry_read(bio)
        return -1
    }
    let taken = min(available, Int(byteCount))
    UnsafeMutableRawPointer(bytes).copyMemory(from: input, byteCount: taken)
    exchange.pointee.input = input + taken
    exchange.pointee.inputByteCount = available - taken
    return Int32(truncatingIfNeeded: taken)
}

private func writeExchange(_ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ byteCount: Int32) -> Int32
{
    guard let bytes, byteCount > 0,
        let exchange = BIO_get_data(bio)?.assumingMemoryBound(to: TLSExchange.self)
    else { return -1 }
    openssl_bio_clear_retry(bio)
    if let output = exchange.pointee.output {
        let collected = exchange.pointee.outputByteCount
        let taken = min(exchange.pointee.outputCapacity - collected, Int(byteCount))
        guard taken > 0 else {
            openssl_bio_retry_write(bio)
            return -1
        }
        (output + collected).copyMemory(from: bytes, byteCount: taken)
        exchange.pointee.outputByteCount = collected + taken
        return Int32(truncatingIfNeeded: taken)
    }
    let sent = send(
        exchange.pointee.socket, bytes, Int(byteCount), Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    if sent >= 0 { return Int32(truncatingIfNeeded: sent) }
    if errno == EAGAIN || errno == EINTR || errno == ENOBUFS { openssl_bio_retry_write(bio) }
    return -1
}

/// Counts the client's KeyUpdate messages (RFC 8446 §4.6.3), of which OpenSSL takes any number.
func noteMessage(
    _ isWritten: Int32, _: Int32, _ type: Int32, _ bytes: UnsafeRawPointer?, _ byteCount: Int,
    _ ssl: OpaquePointer?, _: UnsafeMutableRawPointer?
) {
    guard isWritten == 0, type == SSL3_RT_HANDSHAKE, byteCount > 0,
        bytes?.load(as: UInt8.self) == UInt8(SSL3_MT_KEY_UPDATE),
        let exchange = BIO_get_data(SSL_get_rbio(ssl))?.assumingMemoryBound(to: TLSExchange.self)
    else { return }
    exchange.pointee.keyUpdates += 1
}

private func controlExchange(
    _ bio: OpaquePointer?, _ command: Int32, _: Int, _: UnsafeMutableRawPointer?
) -> Int {
    switch command {
    case BIO_CTRL_FLUSH: 1
    case BIO_CTRL_EOF:
        BIO_get_data(bio)?.assumingMemoryBound(to: TLSExchange.self).pointee.isAtEnd == true ? 1 : 0
    default: 0
    }
}
