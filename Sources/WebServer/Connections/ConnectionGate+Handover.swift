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
    /// Hands the connection to the relay. Nothing is sent or shut down when NIO lets go of it: the relay holds the same
    /// socket by another descriptor.
    func handOver(_ context: ChannelHandlerContext) {
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
            DetachedStream(
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
