import Addresses
import STUN
import TURN
import Testing
import Timing

/// A server on a stage: its clock is moved by hand, its randomness is seeded, its sockets are fake.
final class Stage {
    /// 2026-01-01, where the tests' wall clock begins.
    static let start: UInt64 = 1_767_225_600
    static let relayIPv4 = IPAddress(v4: 0x5DB8_D822)  // 93.184.216.34
    static let relayIPv6 = IPAddress(v6High: 0x2606_2800_0220_0001, low: 0x34)

    let authority: RelayAuthority
    var server: TURNServer
    var sockets = FakeSockets()
    private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
    private(set) var wallClock = UnixTime(seconds: Stage.start)
    private var writer = MessageWriter()

    /// A server with one relay address of each family, the user alice and the secret "s3cret", changed as a test needs.
    convenience init(loop: UInt8 = 0, _ configure: (inout TURNConfiguration) -> Void = { _ in }) {
        var configuration = TURNConfiguration()
        configuration.users = [
            StaticUser(name: "alice", password: "wonderland"), StaticUser(name: "bob", password: "builder"),
        ]
        configuration.secrets = [SharedSecret("s3cret")]
        configuration.relays = [RelayAddress(local: Self.relayIPv4), RelayAddress(local: Self.relayIPv6)]
        configuration.hostAddresses = [.loopbackIPv4, Self.relayIPv4, Self.relayIPv6]
        configure(&configuration)
        self.init(authority: RelayAuthority(configuration), loop: loop)
    }

    /// Another loop of the same authority.
    init(authority: RelayAuthority, loop: UInt8) {
        self.authority = authority
        server = TURNServer(authority, loop: loop, random: SecretRandom(seed: 7 + UInt64(loop)))
    }

    /// Moves both clocks and lets end what is due.
    func pass(seconds: UInt32) {
        now = now.advanced(bySeconds: seconds)
        wallClock = UnixTime(seconds: wallClock.seconds + UInt64(seconds))
        server.expire(now: now, sockets: &sockets)
    }

    /// Moves the clock without letting the server know.
    func passUnnoticed(seconds: UInt32) {
        now = now.advanced(bySeconds: seconds)
        wallClock = UnixTime(seconds: wallClock.seconds + UInt64(seconds))
    }

    /// Moves the monotonic clock by less than a second.
    func pass(milliseconds: Int64) { now.nanoseconds += milliseconds * 1_000_000 }

    /// Gives a message to the server as its loop would; nothing when there is no answer.
    func deliver(_ message: [UInt8], from tuple: FiveTuple) -> Answer? {
        deliverBytes(message, from: tuple).flatMap(Answer.init)
    }

    /// The same with the answer as it is.
    func deliverBytes(_ message: [UInt8], from tuple: FiveTuple) -> [UInt8]? {
        let outcome = server.handle(
            message.span.bytes, from: ClientRoute(fiveTuple: tuple, handle: 9), now: now,
            wallClock: wallClock,
            sockets: &sockets, answer: &writer)
        guard case .answer = outcome else { return nil }
        return Array(writer.buffer)
    }

    /// What the server makes of a packet from a client.
    func classify(_ packet: [UInt8], from tuple: FiveTuple) -> ClientPacket {
        server.classifyClient(packet.span.bytes, from: tuple, now: now)
    }

    /// What the server makes of a datagram from a peer.
    func fromPeer(_ peer: TransportAddress, to allocation: AllocationID, byteCount: Int = 100) -> PeerPacket {
        server.classifyPeer(from: peer, to: allocation, byteCount: byteCount, now: now)
    }

    /// Writes the indication that tells of an ICMP error, if the client is to know.
    func icmp(type: UInt8, code: UInt8, data: UInt32 = 0, about peer: TransportAddress, to id: AllocationID)
        -> Answer?
    {
        let tells = server.reportICMP(
            type: type, code: code, data: data, about: peer, to: id, now: now, answer: &writer)
        return tells ? Answer(Array(writer.buffer)) : nil
    }

    func close(_ tuple: FiveTuple) { server.clientClosed(tuple, now: now, sockets: &sockets) }

    func end(_ room: RoomTag) {
        authority.revocations.revoke(room, now: wallClock)
        server.endAllocations(of: room, now: now, sockets: &sockets)
    }

    func endAll() { server.endAllAllocations(now: now, sockets: &sockets) }
}

/// A message from the server, read back.
struct Answer {
    let bytes: [UInt8]
    let index: MessageIndex

    init?(_ bytes: [UInt8]) {
        guard let index = try? MessageIndex(bytes.span.bytes) else { return nil }
        self.bytes = bytes
        self.index = index
    }

    var isSuccess: Bool { index.header.messageClass == .success }
    var code: UInt16? { (try? index.errorCode(in: bytes.span.bytes)) ?? nil }
    var lifetime: UInt32? { (try? index.uint32(.lifetime, in: bytes.span.bytes)) ?? nil }
    var token: UInt64? { (try? index.reservationToken(in: bytes.span.bytes)) ?? nil }
    var mapped: TransportAddress? { (try? index.xorAddress(.xorMappedAddress, in: bytes.span.bytes)) ?? nil }
    var relayed: TransportAddress? { relayedAddresses.first }

    /// What the nonce announces, if it has a cookie.
    var features: NonceCookie.Features? {
        index.value(of: .nonce).flatMap { NonceCookie.features(of: bytes.span.bytes, $0) }
    }

    var relayedAddresses: [TransportAddress] {
        (0..<index.count).filter { index[$0].type == .xorRelayedAddress }
            .compactMap { try? index.xorAddress(of: index[$0], in: bytes.span.bytes) }
    }

    func value(_ type: AttributeType) -> [UInt8]? { index.value(of: type).map { Array(bytes[$0]) } }

    /// Whether the message is signed with a key.
    func isSigned(_ key: LongTermKey, _ integrity: MessageIntegrity = .sha1) -> Bool {
        guard let attribute = index.first(integrity.attributeType) else { return false }
        return integrity.verify(bytes.span.bytes, at: attribute.start, key)
    }

    var types: [AttributeType] { (0..<index.count).map { index[$0].type } }
}
