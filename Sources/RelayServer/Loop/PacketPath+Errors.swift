import Addresses
import STUN
import TURN

/// From the network: ICMP errors about packets to peers.
extension PacketPath {
    /// Entries of a socket's error queue taken at once; the rest comes with the next event.
    private static let maxErrors = 16

    /// Tells an allocation's client what the network reports about its packets (RFC 8656 §11.5).
    @inline(never)
    mutating func readErrors(_ socket: RelaySocketTable.Entry) {
        var limit = Self.maxErrors
        while let error = ErrorQueue.next(socket.descriptor, limit: &limit) {
            guard let route = turn.route(of: socket.allocation) else { return }
            var writer = nextAnswer()
            let isReported = turn.reportICMP(
                type: error.type, code: error.code, data: error.data, about: error.peer,
                to: socket.allocation, now: now, answer: &writer)
            guard isReported, writer.byteCount > 0 else { continue }
            let bytes = answers.keep(writer)
            counters.icmpReports &+= 1
            sendAnswer(bytes, to: route)
        }
    }
}
