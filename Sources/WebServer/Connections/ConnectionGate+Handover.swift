import Addresses
import NIOCore
import NIOPosix
import TLS

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension ConnectionGate {
    /// Whether the connection speaks STUN, judged by its first bytes. It does if ALPN said so, or if they look like
    /// a STUN message (RFC 8489 §5), which cannot be HTTP.
    func speaksSTUN(_ first: ByteBuffer) -> Bool {
        if tls?.applicationProtocol == TLSSettings.turnProtocol { return true }
        return first.getInteger(at: first.readerIndex, as: UInt8.self).map { $0 < 0x04 } ?? false
    }

    /// Hands the connection to the relay once everything written to it is out. Nothing is sent or shut down when NIO
    /// lets go of it: the relay holds the same socket by another descriptor.
    func handOver(_ context: ChannelHandlerContext) {
        guard case .handingOver = stage else { return }
        // What is left of the handshake's last flight.
        guard context.channel.isWritable else {
            _ = context.channel.setOption(.autoRead, value: false)
            return
        }
        let take = server.takeStream
        let socket = duplicateSocket(context)
        guard let take, let socket, let addresses = addresses(context) else {
            if let socket { close(socket) }
            server.metrics.handedOver(.failed)
            return context.close(promise: nil)
        }
        let session = tls?.release()
        if tls != nil, session == nil {
            close(socket)
            server.metrics.handedOver(.failed)
            return context.close(promise: nil)
        }
        let received = Array(held.readableBytesView)
        server.metrics.handedOver(tls == nil ? .plain : .tls)
        // First NIO forgets the socket: two pollers must not read from it.
        context.close(promise: nil)
        take(
            HandedStream(
                socket: socket, client: addresses.client, server: addresses.server, tls: session,
                received: received))
    }

    func duplicateSocket(_ context: ChannelHandlerContext) -> Int32? {
        let copy = try? context.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { fcntl($0, F_DUPFD_CLOEXEC, 0) }
        return copy.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Where the client is and where it connected to, as it or its proxy sees it.
    private func addresses(
        _ context: ChannelHandlerContext
    ) -> (client: TransportAddress, server: TransportAddress)? {
        guard let client = (peer ?? context.remoteAddress).flatMap({ TransportAddress($0) }) else {
            return nil
        }
        let local = context.localAddress.flatMap { TransportAddress($0) }
        guard let server = proxiedDestination ?? local else { return nil }
        return (client, server)
    }
}
