import Logging
import Logs
import NIOCore

/// Pauses a listener while the system has no resources left to accept connections. First in the pipeline of a
/// server channel.
///
/// NIO's `AcceptBackoffHandler` holds back the channel's next `read`. After a failed accept there is none: the read
/// before it is still pending, and the socket stays registered. So this handler switches automatic reading off,
/// which removes the socket from the loop's polling, and on again when the pause is over.
final class AcceptPauseHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let metrics: ConnectionMetrics
    private let logger: Logger
    private let notices: LogThrottle
    private var pause = AcceptPause()
    private var end: Scheduled<Void>?

    /// - Parameter notices: shared by all listeners, for one line now and then.
    init(metrics: ConnectionMetrics, logger: Logger, notices: LogThrottle) {
        self.metrics = metrics
        self.logger = logger
        self.notices = notices
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let errorNumber = (error as? IOError)?.errnoCode, AcceptPause.isExhaustion(errorNumber) else {
            return context.fireErrorCaught(error)
        }
        guard pause.acceptFailed(errorNumber) else { return }
        metrics.acceptPaused()
        notices.log(
            logger, "cannot accept connections, they wait in the kernel", ["error": "\(error)"])
        setReading(context, false)
        end = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(AcceptPause.length)) {
            self.resume(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        context.fireChannelInactive()
    }

    private func resume(_ context: ChannelHandlerContext) {
        end = nil
        pause.end()
        setReading(context, true)
    }

    /// Fails only on a channel that is closed, where it is of no use any more.
    private func setReading(_ context: ChannelHandlerContext, _ isReading: Bool) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
