package import Addresses
import Glibc
import Loops
import ProxyProtocol
import STUN
package import TURN
import Timing

/// The result of the relay's self-test.
package enum SelfTestResult: Equatable, Sendable {
    /// A packet went through it, or it is full and said so.
    case works
    /// It does not run, so nothing was asked.
    case skipped
    case failed(SelfTestStep)
}

/// Where a self-test got stuck; the raw value is for logs.
package enum SelfTestStep: String, Sendable {
    case connect, challenge, allocate, permission, relay, refresh
}

/// One client that allocates, sends a packet to its own relayed address, and checks that it comes back.
///
/// It comes in by a real socket and is treated like any other client. Blocks for up to ``timeout``; not for loops.
package struct SelfTest {
    /// For the whole test.
    package static let timeout = Duration.milliseconds(1_500)
    /// After this a packet counts as lost and is sent again.
    private static let patience = Duration.milliseconds(300)

    private let socket: SelfTestSocket
    private let credential: TimeLimitedCredential
    private let family: IPAddress.Family
    private let deadline = Clock.now() + SelfTest.timeout
    private var realm: [UInt8] = []
    private var nonce: [UInt8] = []

    private struct Message {
        let bytes: [UInt8]
        let index: MessageIndex

        init?(_ bytes: [UInt8]) {
            self.bytes = bytes
            guard let index = bytes.withUnsafeBytes({ try? MessageIndex($0.bytes) }) else { return nil }
            self.index = index
        }

        var error: UInt16? { bytes.withUnsafeBytes { try? index.errorCode(in: $0.bytes) } }
        var isSuccess: Bool { index.header.messageClass == .success }
        func value(_ type: AttributeType) -> [UInt8]? { index.first(type).map { Array(bytes[$0.range]) } }
        func address(_ type: AttributeType) -> TransportAddress? {
            bytes.withUnsafeBytes { try? index.xorAddress(type, in: $0.bytes) }
        }
    }

    /// Asks a listener for a relayed address of a family. It may be another server's.
    ///
    /// - Parameter isProxied: whether the listener expects a PROXY header from this machine.
    package static func run(
        _ server: TransportAddress, isStream: Bool, isProxied: Bool = false, family: IPAddress.Family,
        credential: TimeLimitedCredential
    ) -> SelfTestResult {
        guard let socket = SelfTestSocket(server, isStream: isStream, timeout: timeout) else {
            return .failed(.connect)
        }
        if isProxied { socket.write(ProxyHeader.localBytes) }
        return run(socket, family: family, credential: credential)
    }

    /// The same on a socket that is connected.
    static func run(
        _ socket: SelfTestSocket, family: IPAddress.Family, credential: TimeLimitedCredential
    ) -> SelfTestResult {
        var test = SelfTest(socket, family: family, credential: credential)
        return test.run()
    }

    private init(
        _ socket: SelfTestSocket, family: IPAddress.Family, credential: TimeLimitedCredential
    ) {
        self.socket = socket
        self.family = family
        self.credential = credential
    }

    private mutating func run() -> SelfTestResult {
        let attributes = { [family] (writer: inout MessageWriter) in
            writer.add(requestedTransport: 17)
            writer.add(.requestedAddressFamily, family)
        }
        guard let challenge = ask(.allocate, attributes), challenge.error == 401,
            let realm = challenge.value(.realm), let nonce = challenge.value(.nonce)
        else { return .failed(.challenge) }
        (self.realm, self.nonce) = (realm, nonce)
        guard let answer = ask(.allocate, attributes) else { return .failed(.allocate) }
        // A relay that has no more ports to give works.
        if answer.error == ErrorCode.allocationQuotaReached.rawValue
            || answer.error == ErrorCode.insufficientCapacity.rawValue
        {
            return .works
        }
        guard answer.isSuccess, let relayed = answer.address(.xorRelayedAddress) else {
            return .failed(.allocate)
        }
        let result = relay(through: relayed)
        guard ask(.refresh, { $0.add(.lifetime, 0 as UInt32) })?.isSuccess == true else {
            return result == .works ? .failed(.refresh) : result
        }
        return result
    }

    private func relay(through relayed: TransportAddress) -> SelfTestResult {
        guard let permission = ask(.createPermission, { $0.add(.xorPeerAddress, xor: relayed) }) else {
            return .failed(.permission)
        }
        // The operator denies the relay's own address: then nothing can be sent to it.
        if permission.error == ErrorCode.forbidden.rawValue { return .works }
        guard permission.isSuccess else { return .failed(.permission) }
        let payload = (0..<16).map { _ in UInt8.random(in: 0...255) }
        while Clock.now() < deadline {
            socket.write(
                message(.indication, .send) { writer in
                    writer.add(.xorPeerAddress, xor: relayed)
                    writer.add(.data, bytes: payload)
                })
            if receive(until: Clock.now() + Self.patience, where: { $0.value(.data) == payload }) != nil {
                return .works
            }
        }
        return .failed(.relay)
    }

    // MARK: Messages

    /// Sends a request until it is answered or the time is over.
    private func ask(_ method: Method, _ attributes: (inout MessageWriter) -> Void) -> Message? {
        let request = message(.request, method, attributes)
        guard let sent = Message(request) else { return nil }
        while Clock.now() < deadline {
            socket.write(request)
            let patience = socket.isStream ? deadline : Clock.now() + Self.patience
            let answer = receive(until: min(patience, deadline)) {
                $0.index.header.transactionID == sent.index.header.transactionID
            }
            if let answer { return answer }
        }
        return nil
    }

    private func receive(until deadline: MonotonicTime, where isWanted: (Message) -> Bool) -> Message? {
        while let bytes = socket.read(until: min(deadline, self.deadline)) {
            if let message = Message(bytes), isWanted(message) { return message }
        }
        return nil
    }

    private func message(
        _ messageClass: MessageClass, _ method: Method, _ attributes: (inout MessageWriter) -> Void
    ) -> [UInt8] {
        var writer = MessageWriter()
        writer.begin(
            messageClass, method,
            TransactionID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)))
        attributes(&writer)
        if messageClass == .request, !nonce.isEmpty {
            writer.add(.username, credential.username)
            writer.add(.realm, bytes: realm)
            writer.add(.nonce, bytes: nonce)
            writer.addIntegrity(
                .sha1,
                LongTermKey(
                    username: credential.username, realm: String(decoding: realm, as: UTF8.self),
                    password: credential.credential, algorithm: .md5))
        }
        return Array(writer.buffer)
    }
}
