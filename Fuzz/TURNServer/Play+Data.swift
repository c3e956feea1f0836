import Addresses
import STUN
import TURN

/// Data in both directions, and what happens without anybody asking.
extension Play {
    mutating func send(from client: Int, _ script: inout Script) {
        let style = script.byte()
        let address = destination(&script)
        let payload = [UInt8](repeating: style, count: Int(style % 64))
        var writer = MessageWriter()
        writer.begin(.indication, .send, TransactionID(high: 9, low: UInt64(style)))
        writer.add(.xorPeerAddress, xor: address)
        if style & 64 != 0 { writer.add(.dontFragment) }
        writer.add(.data, bytes: payload)
        if style & 128 != 0 { writer.addFingerprint() }
        let bytes = Array(writer.buffer)
        let verdict = world.classify(bytes, from: Client.all[client])
        let isPermitted = model.allocations[client]?.permissions[address.ip] != nil
        expectVerdict(verdict, client, isPermitted ? address : nil, bytes, payload)
        if case .toPeer(_, _, _, _, let dontFragment) = verdict {
            expectEqual(dontFragment, style & 64 != 0, "DONT-FRAGMENT")
        }
    }

    mutating func channelData(from client: Int, _ script: inout Script) {
        let style = script.byte()
        let number = 0x4000 + UInt16(style) % 4 * 0x1555
        let payload = [UInt8](repeating: style, count: Int(style >> 2))
        let header = [UInt8(number >> 8), UInt8(number & 0xFF), 0, UInt8(payload.count)]
        let bytes = header + payload + [UInt8](repeating: 0xEE, count: Int(script.byte() % 4))
        let verdict = world.classify(bytes, from: Client.all[client])
        expectVerdict(verdict, client, model.allocations[client]?.channels[number]?.peer, bytes, payload)
    }

    private func destination(_ script: inout Script) -> TransportAddress {
        let number = Int(script.byte())
        let relayed = model.allocations.values.flatMap { $0.relayed.values.map(\.address) }
            .sorted { "\($0)" < "\($1)" }
        let all = Peers.fixed + relayed
        return all[number % all.count]
    }

    /// Follows data to where it goes; nowhere without a peer.
    private mutating func expectVerdict(
        _ verdict: ClientPacket, _ client: Int, _ peer: TransportAddress?, _ bytes: [UInt8],
        _ payload: [UInt8]
    ) {
        let expected = peer.map { model.destination(client, $0) } ?? .nowhere
        switch verdict {
        case .toPeer(let allocation, let actual, let offset, let byteCount, _):
            expectEqual(Array(bytes[offset..<offset + byteCount]), payload, "payload to a peer")
            guard isModelled else { return }
            expectEqual(.socket(actual), expected, "where data goes")
            expectEqual(allocation, model.allocations[client]?.owner.allocation, "whose data it is")
        case .toRelayed(let owner, let from, let offset, let byteCount):
            expectEqual(Array(bytes[offset..<offset + byteCount]), payload, "payload to another client")
            let arrived = world.classifyPeer(from: from, to: owner, byteCount: byteCount)
            guard isModelled else { return }
            guard case .client(let receiver) = expected, let peer else {
                fatalError("data went to another client")
            }
            expectEqual(owner, model.allocations[receiver]?.owner, "which client gets the data")
            expectEqual(
                from, model.allocations[client]?.relayed[peer.family]?.address, "whom data comes from")
            expectArrival(arrived, receiver, from)
        case .control:
            fatalError("data was taken for a request")
        case .drop:
            if isModelled { expectEqual(expected, .nowhere, "where data goes that was dropped") }
        }
    }

    private func expectArrival(_ packet: PeerPacket, _ client: Int, _ from: TransportAddress) {
        let actual: UInt16? =
            switch packet {
            case .channelData(let number): number
            case .dataIndication: 0
            case .drop: nil
            }
        expectEqual(actual, model.arrival(client, from: from), "what a client gets from \(from)")
    }

    mutating func datagram(to client: Int, _ script: inout Script) {
        let from = destination(&script)
        guard isModelled else {
            for socket in world.openSockets {
                _ = world.classifyPeer(from: from, to: socket.owner, byteCount: Int(script.byte()))
            }
            return
        }
        guard let owner = model.allocations[client]?.owner else { return }
        expectArrival(world.classifyPeer(from: from, to: owner, byteCount: Int(script.byte())), client, from)
    }

    mutating func icmp(to client: Int, _ script: inout Script) {
        let about = destination(&script)
        let type = script.byte() % 16
        guard let owner = model.allocations[client]?.owner else { return }
        let isTold = world.reportICMP(type, about: about, to: owner)
        let isError = about.family == .ipv4 ? type == 3 || type == 11 : (1...3).contains(type)
        expectEqual(
            isTold, isError && model.arrival(client, from: about) != nil, "whether an ICMP error is told")
    }

    // MARK: Time and trouble

    mutating func pass(_ script: inout Script) {
        let milliseconds: [Int64] = [
            1, 200, 999, 1_000, 29_999, 30_000, 39_999, 40_000, 119_999, 120_000, 299_999, 300_000, 599_999,
            600_000,
            1_000_000, 3_600_000,
        ]
        world.pass(milliseconds: script.choice(milliseconds))
        model.expire(world.now)
    }

    /// Ports that others hold, no descriptors, or an end to new allocations.
    mutating func disturb(_ script: inout Script) {
        let style = script.byte()
        let busy: Set<UInt16> = style & 1 == 0 ? [] : [World.ports.lowerBound + UInt16(script.byte()) % 12]
        world.firstSockets.busyPorts = busy
        world.secondSockets.busyPorts = busy
        world.firstSockets.fails = style & 6 == 6
        world.secondSockets.fails = style & 6 == 6
        if style == 255 {
            world.authority.beginDraining()
            model.isDraining = true
        }
    }

    mutating func streamEnds(_ client: Int) {
        let tuple = Client.all[client].tuple
        if Client.all[client].loop == 0 {
            world.first.clientClosed(tuple, now: world.now, sockets: &world.firstSockets)
        } else {
            world.second.clientClosed(tuple, now: world.now, sockets: &world.secondSockets)
        }
        model.allocations[client] = nil
    }

    mutating func roomEnds(_ script: inout Script) {
        guard let room = User.member.room, script.byte() & 1 == 1 else { return }
        world.authority.revocations.revoke(room, now: world.wallClock)
        world.first.endAllocations(of: room, now: world.now, sockets: &world.firstSockets)
        world.second.endAllocations(of: room, now: world.now, sockets: &world.secondSockets)
        model.revoked.insert(room)
        model.allocations = model.allocations.filter { $0.value.user.room != room }
    }

    // MARK: What always holds

    /// Sockets, allocations, quotas and the model agree.
    mutating func expectConsistency() {
        let sockets = world.openSockets
        for socket in sockets {
            let address =
                socket.owner.loop == 0
                ? world.first.relayedAddress(of: socket.owner.allocation, socket.family)
                : world.second.relayedAddress(of: socket.owner.allocation, socket.family)
            expectEqual(address, socket.local, "the relayed address of an open socket")
        }
        let count = Set(sockets.map(\.owner)).count
        expectEqual(
            world.first.allocationCount + world.second.allocationCount, count, "allocations with sockets")
        let total = world.authority.quotas.total
        expect(
            total >= count && total <= World.configuration.quotas.total, "\(total) of the quota for \(count)")
        expectBills()
        guard isModelled else { return }
        expectEqual(Set(sockets.map(\.owner)), Set(model.allocations.values.map(\.owner)), "allocations")
        expectEqual(
            Set(sockets.map(\.local)),
            Set(model.allocations.values.flatMap { $0.relayed.values.map(\.address) }), "relayed addresses")
        expectEqual(total, model.accounts.count, "what the quota counts")
    }

    /// Every port that is not free stands on the bill of who took it, but for those that something else has.
    private func expectBills() {
        let pools = world.authority.ports
        let taken = model.taken(world.resting)
        for family in IPAddress.Family.allCases {
            let setAside = world.setAside.count { $0.family == family }
            let billed = pools.billedPortCount(family, at: world.now)
            expectEqual(
                billed + setAside + world.freePorts(family), World.ports.count, "free and billed ports")
            guard isModelled else { continue }
            let payers = taken.filter { $0.family == family }.compactMap { model.payers[$0] }
            expectEqual(billed, payers.count, "ports on bills")
            for address in Set(Client.all.map { Model.payingAddress($0.tuple.client.ip) }) {
                expectEqual(
                    pools.billedPortCount(family, of: address, at: world.now),
                    payers.count { $0.address == address }, "ports on an address's bill")
            }
        }
    }

    /// Ends all, waits until ports have rested, and finds nothing held.
    mutating func end() {
        world.first.endAllAllocations(now: world.now, sockets: &world.firstSockets)
        world.second.endAllAllocations(now: world.now, sockets: &world.secondSockets)
        world.pass(milliseconds: 30_000)
        world.pass(milliseconds: 120_000)
        expect(world.openSockets.isEmpty, "sockets are open")
        expectEqual(world.authority.quotas.total, 0, "what the quota counts in the end")
        expectEqual(
            world.authority.ports.freePortCount(at: world.now), 2 * World.ports.count,
            "free ports in the end")
        for counters in [world.first.counters, world.second.counters] {
            expectEqual(counters.permissions, 0, "permissions in the end")
            expectEqual(counters.channels, 0, "channels in the end")
            expectEqual(counters.allocations, 0, "allocations in the end")
        }
    }
}
