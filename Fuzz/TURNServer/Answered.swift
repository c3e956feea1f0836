import Addresses
import STUN
import TURN
import Timing

/// A signed answer, read back, with the checks that all of them pass.
struct Answered {
    /// The code of a refusal.
    let code: UInt16?
    let lifetime: UInt32?
    let token: UInt64?
    let relayed: [TransportAddress]
    /// The family that was not given.
    let missing: UInt8?

    init(_ answer: [UInt8]?, _ ask: Ask) {
        guard let answer, let index = try? MessageIndex(answer.span.bytes) else {
            fatalError("no answer to \(ask)")
        }
        guard let integrity = index.first(ask.integrity.attributeType),
            ask.integrity.verify(answer.span.bytes, at: integrity.start, ask.key)
        else { fatalError("an answer that its client does not believe: \(ask)") }
        expectEqual(index.contains(.fingerprint), ask.fingerprint, "FINGERPRINT")
        code = (try? index.errorCode(in: answer.span.bytes)) ?? nil
        lifetime = (try? index.uint32(.lifetime, in: answer.span.bytes)) ?? nil
        token = (try? index.reservationToken(in: answer.span.bytes)) ?? nil
        missing = index.value(of: .addressErrorCode).map { answer[$0.lowerBound] }
        relayed = (0..<index.count).filter { index[$0].type == .xorRelayedAddress }
            .compactMap { try? index.xorAddress(of: index[$0], in: answer.span.bytes) }
        let mapped = (try? index.xorAddress(.xorMappedAddress, in: answer.span.bytes)) ?? nil
        guard code == nil else { return }
        if ask.method == .allocate {
            expectEqual(mapped, Client.all[ask.client].tuple.client, "mapped address")
            expect(!relayed.isEmpty && lifetime != nil, "an Allocate success without address or lifetime")
        }
        if ask.method == .refresh { expect(lifetime != nil, "a Refresh success without lifetime") }
    }
}

extension Model {
    /// Takes in a request that had success.
    mutating func apply(_ ask: Ask, _ answer: Answered, _ made: RelayedOwner?, _ now: MonotonicTime) {
        switch ask.method {
        case .allocate: allocate(ask, answer, made, now)
        case .refresh: refresh(ask, answer, now)
        case .createPermission: permit(ask, now)
        default:
            permit(ask, now)
            guard let number = ask.channel, let peer = ask.peers.first else { return }
            allocations[ask.client]?.channels[number] = (peer, now.advanced(bySeconds: 600))
        }
    }

    private mutating func allocate(
        _ ask: Ask, _ answer: Answered, _ made: RelayedOwner?, _ now: MonotonicTime
    ) {
        if let there = allocations[ask.client] {
            expectEqual(Set(answer.relayed), Set(there.relayed.values.map(\.address)), "addresses told again")
            return expect(made == nil, "a retransmission made an allocation")
        }
        guard let made else { fatalError("success without a socket: \(ask)") }
        let lifetime = min(max(ask.lifetime ?? 0, 600), 3_600)
        expectEqual(answer.lifetime, lifetime, "lifetime granted")
        let expires = now.advanced(bySeconds: lifetime)
        var allocation = Allocation(
            user: ask.user, owner: made, transaction: ask.transaction, address: account(ask).address,
            relayed: [:],
            account: account(ask))
        for address in answer.relayed {
            expect(World.ports.contains(address.port), "a port out of range")
            allocation.relayed[address.family] = Relayed(address: address, expires: expires)
            if ask.token == nil { payers[address] = account(ask) }
        }
        expectFamilies(ask, answer)
        if let token = ask.token, let held = reservations.removeValue(forKey: token) {
            expectEqual(answer.relayed, [held.address], "the address that was reserved")
            allocation.account = held.account
        }
        allocations[ask.client] = allocation
        guard let even = ask.evenPort, let address = answer.relayed.first else {
            return expect(answer.token == nil, "a token that nobody asked for")
        }
        expect(address.port % 2 == 0, "an odd port")
        expectEqual(answer.token != nil, even, "whether there is a token")
        guard let token = answer.token else { return }
        let next = TransportAddress(address.ip, port: address.port + 1)
        payers[next] = account(ask)
        reservations[token] = Reservation(
            account: account(ask), address: next,
            ends: now.advanced(bySeconds: 30))
    }

    private func expectFamilies(_ ask: Ask, _ answer: Answered) {
        let families = Set(answer.relayed.map(\.family.rawValue))
        if ask.additionalFamily != nil {
            let missing = answer.missing.map { [$0] } ?? []
            expectEqual(families.union(missing), [1, 2], "families given, or said to be missing")
        } else if ask.token == nil {
            let asked = ask.family ?? Client.all[ask.client].tuple.server.family.rawValue
            expectEqual(families, [asked], "family given")
        }
    }

    private mutating func refresh(_ ask: Ask, _ answer: Answered, _ now: MonotonicTime) {
        guard let allocation = allocations[ask.client] else {
            return expectEqual(answer.lifetime, 0, "lifetime of what has ended")
        }
        let family = ask.family.flatMap { IPAddress.Family(rawValue: $0) }
        let lifetime = ask.lifetime == 0 ? 0 : min(max(ask.lifetime ?? 0, 600), 3_600)
        expectEqual(answer.lifetime, lifetime, "lifetime granted")
        for each in allocation.relayed.keys where family == nil || family == each {
            allocations[ask.client]?.relayed[each]?.expires = now.advanced(bySeconds: lifetime)
            if lifetime == 0 { allocations[ask.client]?.relayed[each] = nil }
        }
        guard allocations[ask.client]?.relayed.isEmpty == true else { return }
        allocations[ask.client] = nil
        ended[ask.client] = Ended(
            made: allocation.transaction, ended: ask.transaction, until: now.advanced(bySeconds: 40))
    }

    private mutating func permit(_ ask: Ask, _ now: MonotonicTime) {
        for peer in ask.peers.prefix(ask.method == .channelBind ? 1 : ask.peers.count) {
            allocations[ask.client]?.permissions[peer.ip] = now.advanced(bySeconds: 300)
        }
    }
}
