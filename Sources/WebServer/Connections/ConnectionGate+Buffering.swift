import NIOCore
import Requests
import Timing

extension ConnectionGate: BufferingConnection {
    /// Input that is kept: heads and bodies that are not complete, and requests behind the open one.
    var keptInputBytes: Int { held.readableBytes &+ (http?.keptBodyBytes ?? 0) }

    var bufferedByteCount: Int {
        guard let channel else { return 0 }
        if case .session = rules.input { return 0 }
        return channel.unsentByteCount + keptInputBytes
    }

    var behindSince: MonotonicTime { rules.behindSince }

    var isEnding: Bool { rules.isLingering }

    func closeAsSlowest() { perform(rules.isSlowest()) }
}
