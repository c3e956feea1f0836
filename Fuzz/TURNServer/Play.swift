import Addresses
import STUN
import TURN

/// One run: the world, what the model makes of it, and the clients' memories.
struct Play: ~Copyable {
    var world: World
    var model = Model()
    let isModelled: Bool
    private var clients = Client.all
    private var lastAsk: [Ask?] = Client.all.map { _ in nil }
    private var lastTransaction: UInt64 = 0
    private var tokens: [UInt64] = [1]
    private var unsigned = UnsignedAnswers()

    init(seed: UInt64, isModelled: Bool) {
        world = World(seed: seed)
        self.isModelled = isModelled
    }

    mutating func event(_ script: inout Script) {
        let kind = script.byte()
        let client = Int(script.byte()) % clients.count
        switch kind % 20 {
        case 0, 1, 2: request(ask(.allocate, client, &script))
        case 3, 4: request(ask(.refresh, client, &script))
        case 5, 6: request(ask(.createPermission, client, &script))
        case 7, 8: request(ask(.channelBind, client, &script))
        case 9: lastAsk[client].map { request($0) }
        case 10: send(from: client, &script)
        case 11: channelData(from: client, &script)
        case 12: datagram(to: client, &script)
        case 13: pass(&script)
        case 14: binding(client, &script)
        case 15: raw(from: client, &script)
        case 16: disturb(&script)
        case 17: streamEnds(client)
        case 18: icmp(to: client, &script)
        default: roomEnds(&script)
        }
    }

    // MARK: Requests

    private mutating func ask(_ method: STUN.Method, _ client: Int, _ script: inout Script) -> Ask {
        var ask = Ask()
        let style = script.byte()
        lastTransaction += 1
        ask.client = client
        ask.method = method
        ask.transaction = TransactionID(high: 7, low: lastTransaction)
        ask.user = User.all[Int(style % 8) % User.all.count]
        ask.signature = style & 0x08 == 0 ? .right : .none
        let form = script.byte()
        ask.integrity = form & 1 == 0 ? .sha1 : .sha256
        ask.echoesOffer = form & 2 != 0
        ask.namesAlgorithm = (form & 4 != 0) != ask.echoesOffer
        ask.hidesName = form & 8 != 0
        ask.fingerprint = form & 16 != 0
        ask.padding = form & 32 == 0 ? 0 : Int(script.byte())
        ask.unknown = form & 0xC0 == 0xC0 ? 0x7000 | UInt16(script.byte()) : nil
        switch method {
        case .allocate: wishes(&ask, &script)
        case .refresh:
            if style & 0x10 != 0 { ask.lifetime = script.choice([0, 0, 1, 700, 3_600, .max]) }
            if style & 0x20 != 0 { ask.family = script.byte() & 3 }
        case .createPermission: ask.peers = (0..<style >> 6).map { _ in peer(&script) }
        default:
            if style & 0x40 == 0 { ask.peers = [peer(&script)] }
            if style & 0x80 == 0 { ask.channel = 0x4000 + UInt16(script.byte()) % 4 * 0x1555 }
        }
        remember(&ask)
        return ask
    }

    private func wishes(_ ask: inout Ask, _ script: inout Script) {
        let wish = script.byte()
        if wish & 1 != 0 { ask.transport = script.choice([nil, 6, 17]) }
        if wish & 2 != 0 { ask.lifetime = script.choice([0, 600, 1_000, .max]) }
        if wish & 4 != 0 { ask.family = script.byte() & 3 }
        if wish & 8 != 0 { ask.additionalFamily = script.choice([2, 2, 2, 1, 9]) }
        ask.oldAdditionalFamily = wish & 16 != 0
        if wish & 32 != 0 { ask.evenPort = script.byte() & 1 == 0 }
        if wish & 64 != 0 { ask.token = script.choice(tokens) }
        ask.dontFragment = wish & 128 != 0
    }

    /// A client signs with the nonce that it has.
    private func remember(_ ask: inout Ask) {
        ask.nonce = clients[ask.client].nonce
        ask.nonceTime = clients[ask.client].nonceTime
        ask.features = clients[ask.client].features
    }

    private func peer(_ script: inout Script) -> TransportAddress {
        let number = Int(script.byte())
        let relayed = model.allocations.values.flatMap { $0.relayed.values.map(\.address) }
            .sorted { "\($0)" < "\($1)" }
        let all = Peers.fixed + relayed
        return all[number % all.count]
    }

    private mutating func request(_ ask: Ask) {
        lastAsk[ask.client] = ask
        let before = Set(world.openSockets.map(\.owner))
        let free = IPAddress.Family.allCases.map { ($0, world.freePorts($0)) }
        let taken = model.taken(world.resting)
        let bytes = ask.bytes
        let client = clients[ask.client]
        guard case .control = world.classify(bytes, from: client) else {
            fatalError("a request was taken for data")
        }
        let answer = world.handle(bytes, from: client)
        expectForm(answer, bytes, client)
        remember(answer, ask.client)
        guard isModelled else { return }
        if let code = model.unproved(ask, world.wallClock) {
            return expectUnsigned(answer, code, client)
        }
        let answered = Answered(answer, ask)
        if let code = model.refusal(ask, world.now) {
            return expectEqual(answered.code, code.rawValue, "refusal of \(ask)")
        }
        let wantsPorts = model.wantsPorts(ask)
        if wantsPorts, !model.charge(ask, world.now) {
            return expectEqual(
                answered.code, ErrorCode.allocationQuotaReached.rawValue, "more than a minute's: \(ask)")
        }
        let wanted = wantsPorts ? free.filter { model.families(ask).contains($0.0) } : []
        let over = wanted.filter { $0.1 > 0 && model.isOverShare(ask, $0.0, $0.1, taken) }.map(\.0)
        let isBusy = !world.firstSockets.busyPorts.isEmpty
        let made = Set(world.openSockets.map(\.owner)).subtracting(before).first
        if answered.code == ErrorCode.allocationQuotaReached.rawValue {
            return expect(wantsPorts && (isBusy || !over.isEmpty), "over no share: \(ask)")
        }
        if let code = answered.code {
            expectEqual(code, ErrorCode.insufficientCapacity.rawValue, "refusal of \(ask)")
            let mayBeFull =
                world.firstSockets.fails || isBusy || ask.evenPort != nil || wanted.contains { $0.1 == 0 }
            expect(ask.method == .allocate && mayBeFull, "no capacity for \(ask)")
            if let token = ask.token { model.reservations[token] = nil }
            return
        }
        if made != nil {
            expect(!answered.relayed.contains { over.contains($0.family) }, "more than a share for \(ask)")
        }
        model.apply(ask, answered, made, world.now)
        if let token = answered.token { tokens.append(token) }
    }

    /// Keeps the nonce of a challenge.
    private mutating func remember(_ answer: [UInt8]?, _ client: Int) {
        guard let answer, let index = try? MessageIndex(answer.span.bytes),
            let nonce = index.value(of: .nonce)
        else { return }
        clients[client].nonce = Array(answer[nonce])
        clients[client].nonceTime = world.wallClock
        unsigned.learn(clients[client].nonce, clients[client].tuple.client.ip, world.wallClock)
    }

    private func expectUnsigned(_ answer: [UInt8]?, _ code: ErrorCode, _ client: Client) {
        guard let answer, let index = try? MessageIndex(answer.span.bytes) else { return }
        expect(
            !index.contains(.messageIntegrity) && !index.contains(.messageIntegritySHA256),
            "signed for nobody")
        let actual = (try? index.errorCode(in: answer.span.bytes)) ?? nil
        // Where a challenge would be too large for its request it is 400.
        if actual == ErrorCode.badRequest.rawValue, client.tuple.transport == .udp { return }
        expectEqual(actual, code.rawValue, "code for somebody who has proved nothing")
        expect(
            code == .badRequest || index.contains(.realm) && index.contains(.nonce),
            "a challenge without realm or nonce")
    }

    /// What holds for any answer to any bytes.
    private mutating func expectForm(_ answer: [UInt8]?, _ request: [UInt8], _ client: Client) {
        guard let answer else { return }
        if isClassicBinding(request) {
            expectClassic(answer, request, client)
            return unsigned.count(request, client, world.now, world.wallClock)
        }
        guard let index = try? MessageIndex(answer.span.bytes), let header = MessageHeader(request.span.bytes)
        else {
            fatalError("an answer that is no message, or to none")
        }
        expectEqual(header.messageClass, .request, "class of what was answered")
        expectEqual(index.header.transactionID, header.transactionID, "transaction")
        expectEqual(index.header.methodNumber, header.methodNumber, "method")
        expect(
            index.header.messageClass == .success || index.header.messageClass == .error, "class of an answer"
        )
        let code = (try? index.errorCode(in: answer.span.bytes)) ?? nil
        expectEqual(code != nil, index.header.messageClass == .error, "whether there is an error code")
        if let fingerprint = index.first(.fingerprint) {
            expect(Fingerprint.verify(answer.span.bytes, at: fingerprint.start), "a false fingerprint")
        }
        guard !index.contains(.messageIntegrity), !index.contains(.messageIntegritySHA256) else { return }
        let isBinding = header.method == .binding
        expect(isBinding || index.header.messageClass == .error, "an unsigned success")
        if client.tuple.transport == .udp {
            expect(
                2 * answer.count <= 5 * request.count,
                "\(request.count) bytes were answered with \(answer.count)")
        }
        unsigned.count(request, client, world.now, world.wallClock)
    }

    private mutating func binding(_ client: Int, _ script: inout Script) {
        var writer = MessageWriter()
        lastTransaction += 1
        writer.begin(.request, .binding, TransactionID(high: 8, low: lastTransaction))
        let style = script.byte()
        if style & 1 != 0 { writer.add(AttributeType(rawValue: 0x7001), bytes: [] as [UInt8]) }
        if style & 2 != 0 { writer.addFingerprint() }
        var request = Array(writer.buffer)
        if style & 4 != 0 { request[4] = style }
        let answer = world.handle(request, from: clients[client])
        expectForm(answer, request, clients[client])
        guard let answer, let index = try? MessageIndex(answer.span.bytes) else { return }
        let mapped = (try? index.xorAddress(.xorMappedAddress, in: answer.span.bytes)) ?? nil
        expectEqual(mapped, style & 1 == 0 ? clients[client].tuple.client : nil, "mapped address")
    }

    // MARK: Anything

    /// Bytes as they are, or made a message, or signed too where nothing is modelled.
    private mutating func raw(from client: Int, _ script: inout Script) {
        let style = script.byte()
        var bytes = script.bytes(Int(script.byte() % 96))
        if style & 1 != 0 {
            bytes.removeLast(bytes.count % 4)
            let methods: [UInt8] = [1, 3, 4, 8, 9, 0x16, 0x17, 0x11]
            bytes =
                [0, methods[Int(style >> 4) % methods.count], 0, UInt8(bytes.count), 0x21, 0x12, 0xA4, 0x42]
                + [UInt8](repeating: style, count: 12) + bytes
        }
        if style & 6 == 6, !isModelled { bytes = signed(bytes, client) }
        let verdict = world.classify(bytes, from: clients[client])
        if isModelled, case .toPeer = verdict { expect(model.allocations[client] != nil, "data of nobody") }
        guard case .control = verdict else { return }
        let answer = world.handle(bytes, from: clients[client])
        expectForm(answer, bytes, clients[client])
        remember(answer, client)
    }

    /// The message with the attributes that make it a user's own.
    private func signed(_ bytes: [UInt8], _ client: Int) -> [UInt8] {
        guard let index = try? MessageIndex(bytes.span.bytes) else { return bytes }
        var ask = Ask()
        ask.client = client
        remember(&ask)
        var writer = MessageWriter()
        writer.begin(.request, methodNumber: index.header.methodNumber, index.header.transactionID)
        for position in 0..<index.count {
            writer.add(index[position].type, bytes: Array(bytes[index[position].range]))
        }
        ask.sign(&writer)
        return Array(writer.buffer)
    }
}
