import Addresses
import STUN
import TURN
import Timing

/// Two loops of one relay with small limits, their clock, and the clients that speak to them.
struct World: ~Copyable {
    static let relayIPv4 = IPAddress(v4: 0x5DB8_D822)
    static let relayIPv6 = IPAddress(v6High: 0x2606_2800_0220_0001, low: 0x34)
    static let ports: ClosedRange<UInt16> = 50_000...50_011
    static let secret = SharedSecret("s3cret")
    static let startOfTime: UInt64 = 1_767_225_600

    static let configuration: TURNConfiguration = {
        var configuration = TURNConfiguration()
        configuration.users = [
            StaticUser(name: "alice", password: "a"), StaticUser(name: "bob", password: "b"),
        ]
        configuration.secrets = [secret]
        configuration.relays = [RelayAddress(local: relayIPv4), RelayAddress(local: relayIPv6)]
        configuration.relayPorts = ports
        configuration.quotas.perUser = 4
        configuration.quotas.perAddress = 5
        configuration.quotas.total = 8
        configuration.quotas.perAddressAndMinute = 12
        configuration.maxPermissions = 4
        configuration.maxChannels = 3
        configuration.nonceSeconds = 1_000
        configuration.unauthenticatedAnswersPerSecond = 10
        configuration.unauthenticatedAnswerBurst = 20
        return configuration
    }()

    let authority = RelayAuthority(World.configuration)
    var first: TURNServer
    var second: TURNServer
    var firstSockets = Sockets(restSeconds: World.configuration.portRestSeconds)
    var secondSockets = Sockets(restSeconds: World.configuration.portRestSeconds)
    var writer = MessageWriter()
    private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)

    var wallClock: UnixTime { UnixTime(seconds: Self.startOfTime + UInt64(now.nanoseconds / 1_000_000_000)) }

    init(seed: UInt64) {
        first = TURNServer(authority, loop: 0, random: SecretRandom(seed: seed))
        second = TURNServer(authority, loop: 1, random: SecretRandom(seed: seed + 1))
        firstSockets.now = now
        secondSockets.now = now
    }

    /// Moves the clock and lets both loops end what is due, if they say that something is.
    mutating func pass(milliseconds: Int64) {
        now.nanoseconds += milliseconds * 1_000_000
        firstSockets.now = now
        secondSockets.now = now
        if let deadline = first.nextDeadline, deadline <= now {
            first.expire(now: now, sockets: &firstSockets)
        }
        if let deadline = second.nextDeadline, deadline <= now {
            second.expire(now: now, sockets: &secondSockets)
        }
    }

    /// What a loop does with a message that is not data.
    mutating func handle(_ message: [UInt8], from client: Client) -> [UInt8]? {
        withExactCopy(of: message, shift: message.count % 4) { memory in
            let route = ClientRoute(fiveTuple: client.tuple, handle: client.handle)
            let bytes = UnsafeRawBufferPointer(memory).bytes
            let outcome =
                client.loop == 0
                ? first.handle(
                    bytes, from: route, now: now, wallClock: wallClock, sockets: &firstSockets,
                    answer: &writer)
                : second.handle(
                    bytes, from: route, now: now, wallClock: wallClock, sockets: &secondSockets,
                    answer: &writer)
            return outcome == .answer ? Array(writer.buffer) : nil
        }
    }

    /// What a loop does with any packet of a client.
    mutating func classify(_ packet: [UInt8], from client: Client) -> ClientPacket {
        withExactCopy(of: packet, shift: packet.count % 4) { memory in
            let bytes = UnsafeRawBufferPointer(memory).bytes
            let verdict =
                client.loop == 0
                ? first.classifyClient(bytes, from: client.tuple, now: now)
                : second.classifyClient(bytes, from: client.tuple, now: now)
            switch verdict {
            case .toPeer(let allocation, let peer, _, _, _):
                use(client.loop) { $0.use(allocation, peer.family) }
            case .toRelayed(_, let from, _, _): use(client.loop) { $0.use(from) }
            case .control, .drop: break
            }
            return verdict
        }
    }

    private mutating func use(_ loop: UInt8, _ change: (inout Sockets) -> Void) {
        if loop == 0 { change(&firstSockets) } else { change(&secondSockets) }
    }

    mutating func classifyPeer(from peer: TransportAddress, to owner: RelayedOwner, byteCount: Int)
        -> PeerPacket
    {
        use(owner.loop) { $0.use(owner.allocation, peer.family) }
        return owner.loop == 0
            ? first.classifyPeer(from: peer, to: owner.allocation, byteCount: byteCount, now: now)
            : second.classifyPeer(from: peer, to: owner.allocation, byteCount: byteCount, now: now)
    }

    /// Whether a client is told of an ICMP error.
    mutating func reportICMP(_ type: UInt8, about peer: TransportAddress, to owner: RelayedOwner) -> Bool {
        owner.loop == 0
            ? first.reportICMP(
                type: type, code: 0, data: 0, about: peer, to: owner.allocation, now: now, answer: &writer)
            : second.reportICMP(
                type: type, code: 0, data: 0, about: peer, to: owner.allocation, now: now, answer: &writer)
    }

    /// Ports at rest after use.
    var resting: Set<TransportAddress> { Set(current(firstSockets.resting) + current(secondSockets.resting)) }

    /// Ports that something else had of late.
    var setAside: Set<TransportAddress> {
        Set(current(firstSockets.setAside) + current(secondSockets.setAside))
    }

    private func current(_ ends: [TransportAddress: MonotonicTime]) -> [TransportAddress] {
        ends.filter { now < $0.value }.map(\.key)
    }

    func freePorts(_ family: IPAddress.Family) -> Int { authority.ports.freePortCount(family, at: now) }

    /// All sockets that are open, with the loop that has them.
    var openSockets: [(owner: RelayedOwner, family: IPAddress.Family, local: TransportAddress)] {
        firstSockets.open.map {
            (RelayedOwner(loop: 0, allocation: $0.key.allocation), $0.key.family, $0.value)
        }
            + secondSockets.open.map {
                (RelayedOwner(loop: 1, allocation: $0.key.allocation), $0.key.family, $0.value)
            }
    }
}

/// A place from which requests come.
struct Client {
    let tuple: FiveTuple
    let loop: UInt8
    let handle: UInt32
    /// The last nonce it was given, when, and what that announced.
    var nonce: [UInt8] = []
    var nonceTime = UnixTime(seconds: 0)

    var features: NonceCookie.Features? {
        nonce.isEmpty ? nil : NonceCookie.features(of: nonce.span.bytes, 0..<nonce.count)
    }

    /// Two behind one IPv4 address, one alone, one on IPv6, one by TCP; on two loops.
    static let all: [Client] = [
        Client(0x0808_0404, 40_000, .udp, loop: 0), Client(0x0808_0404, 40_001, .udp, loop: 1),
        Client(0x0101_0101, 40_000, .udp, loop: 0),
        Client(
            tuple: FiveTuple(
                client: TransportAddress(IPAddress(v6High: 0x2A00_0001_0000_0001, low: 7), port: 40_000),
                server: TransportAddress(World.relayIPv6, port: 3478), transport: .udp), loop: 1, handle: 4),
        Client(0x0101_0102, 40_000, .tcp, loop: 0),
    ]

    private init(tuple: FiveTuple, loop: UInt8, handle: UInt32) {
        (self.tuple, self.loop, self.handle) = (tuple, loop, handle)
    }

    private init(_ ip: UInt32, _ port: UInt16, _ transport: ClientTransport, loop: UInt8) {
        tuple = FiveTuple(
            client: TransportAddress(IPAddress(v4: ip), port: port),
            server: TransportAddress(World.relayIPv4, port: 3478), transport: transport)
        self.loop = loop
        handle = UInt32(port)
    }
}

/// Somebody who may or may not allocate.
struct User: Equatable {
    let name: String
    let password: String
    /// Whom the quota counts.
    let account: String
    var expiry: UInt64?
    var room: RoomTag?
    var isStatic: Bool { expiry == nil }

    static let alice = User(name: "alice", password: "a", account: "alice")
    static let bob = User(name: "bob", password: "b", account: "bob")
    static let member = minted(lifetime: 2_000)
    /// The same member with a later credential: other name, same quota.
    static let memberAgain = minted(lifetime: 100_000)
    static let liar = User(name: "alice", password: "wrong", account: "")
    static let stranger = User(name: "mallory", password: "m", account: "")
    /// The member named the other way round, and somebody whose name is a time and nothing else.
    static let memberTurned = named("\(memberID):\(World.startOfTime + 2_000)", account: memberID, room: room)
    static let withoutID = named("\(World.startOfTime + 2_000)", account: "without id")
    static let all = [alice, bob, member, memberAgain, liar, stranger, memberTurned, withoutID]

    var isKnown: Bool { !account.isEmpty }

    private static let room = CredentialTags(World.secret).room("room")
    private static let memberID = CredentialTags(World.secret).credentialID(roomID: "room", member: "m")

    private static func minted(lifetime: UInt64) -> User {
        let credential = TimeLimitedCredential.mint(
            World.secret, id: memberID, lifetimeSeconds: lifetime, now: UnixTime(seconds: World.startOfTime))
        return User(
            name: credential.username, password: credential.credential, account: memberID,
            expiry: World.startOfTime + lifetime, room: room)
    }

    private static func named(_ name: String, account: String, room: RoomTag? = nil) -> User {
        User(
            name: name, password: TimeLimitedCredential.password(name, World.secret), account: account,
            expiry: World.startOfTime + 2_000, room: room)
    }
}
