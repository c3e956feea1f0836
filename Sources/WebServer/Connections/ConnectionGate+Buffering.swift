import NIOCore
import Timing

extension ConnectionGate: BufferingConnection {
    /// Input that is kept: heads and bodies that are not complete, and requests behind the open one.
    var keptInputBytes: Int { held.readableBytes &+ (http?.keptBodyBytes ?? 0) }

    var bufferedByteCount: Int {
        guard let channel else { return 0 }
        if case .session = stage { return 0 }
        return channel.unsentByteCount + keptInputBytes
    }

    var behindSince: MonotonicTime { http?.exchange.since ?? openedAt }

    var isEnding: Bool {
        if case .refused = stage { true } else { false }
    }

    func closeAsSlowest() {
        server.metrics.ended(.memory)
        channel?.close(promise: nil)
    }
}
