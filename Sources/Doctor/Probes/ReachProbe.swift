import Addresses
import Glibc
import STUN

/// Tries whether an address of this machine can be come to from this machine itself.
///
/// What listens there is asked; where nothing does, a listener of our own is opened for that moment.
struct ReachProbe: Hashable, Sendable {
    enum Outcome: Equatable, Sendable {
        case reached
        /// Nothing arrived, and no error said why.
        case silent
        /// The network or the target refused, with the error number.
        case refused(Int32)
        /// No listener could be opened to be reached.
        case cannotListen(Int32)
    }

    /// Where clients would come.
    let target: Endpoint
    /// Where to listen meanwhile; nil if a server does.
    let listener: Endpoint?

    private static let limit = Duration.milliseconds(1_500)
    private static let patience = Duration.milliseconds(300)

    func run() -> Outcome {
        var listening: ProbeSocket?
        if let listener {
            guard let socket = ProbeSocket(for: listener) else { return .cannotListen(errno) }
            let error = socket.listen(on: listener.address)
            guard error == 0 else { return .cannotListen(error) }
            listening = socket
        }
        guard let client = ProbeSocket(target.transport, target.address.family) else {
            return .refused(errno)
        }
        let error = client.connect(to: target.address, within: Self.limit)
        guard error == 0 else { return error == ETIMEDOUT ? .silent : .refused(error) }
        return switch (target.transport, listening) {
        case (.tcp, nil): .reached
        case (.tcp, let listening?): reached(client, listening)
        case (.udp, let listening): exchange(client, listening)
        }
    }

    /// Whether data written at one end comes out at the other. The connection may have reached another program's
    /// listener.
    private func reached(_ client: ProbeSocket, _ listening: ProbeSocket) -> Outcome {
        let mark = Self.mark()
        guard client.write(mark), let accepted = listening.accept(within: Self.limit) else { return .silent }
        return accepted.read(within: Self.limit) == mark ? .reached : .silent
    }

    /// Over UDP. A server answers the Binding request; the doctor's own listener only has to receive it.
    private func exchange(_ client: ProbeSocket, _ listening: ProbeSocket?) -> Outcome {
        let request = Self.bindingRequest()
        let end = ContinuousClock.now + Self.limit
        while ContinuousClock.now < end {
            guard client.write(request) else { return .refused(errno) }
            let isThere =
                if let listening {
                    listening.read(within: Self.patience) == request
                } else {
                    client.read(within: Self.patience).map { Self.answers($0, request) } ?? false
                }
            if isThere { return .reached }
        }
        return .silent
    }

    private static func mark() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: 0...255) } }

    private static func bindingRequest() -> [UInt8] {
        var writer = MessageWriter()
        writer.begin(
            .request, .binding, TransactionID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)))
        return Array(writer.buffer)
    }

    /// Whether this is a success with the request's transaction (RFC 8489 §5).
    private static func answers(_ answer: [UInt8], _ request: [UInt8]) -> Bool {
        answer.count >= 20 && answer[..<2] == [0x01, 0x01] && answer[4..<20] == request[4..<20]
    }
}
