import Addresses

/// Finding things by what packets carry: one table entry and the element itself.
extension TURNServer {
    /// Whether a client has an allocation.
    package func holdsAllocation(_ tuple: FiveTuple) -> Bool { allocation(tuple) != nil }

    @inline(__always)
    func allocation(_ tuple: FiveTuple) -> UInt32? {
        byFiveTuple.find(hash.hash(tuple)) { allocations[$0].fiveTuple.isSame(as: tuple) }
    }

    @inline(__always)
    func permission(_ allocation: UInt32, _ ip: IPAddress) -> UInt32? {
        permissionTable.find(hash.hash(allocation: allocation, ip: ip, port: 0)) {
            permissions[$0].allocation == allocation && permissions[$0].ip.isSame(as: ip)
        }
    }

    @inline(__always)
    func channel(_ allocation: UInt32, _ number: UInt16) -> UInt32? {
        channelsByNumber.find(hash.hash(allocation: allocation, channel: number)) {
            channels[$0].allocation == allocation && channels[$0].number == number
        }
    }

    @inline(__always)
    func channel(_ allocation: UInt32, to peer: TransportAddress) -> UInt32? {
        channelsByPeer.find(hash.hash(allocation: allocation, ip: peer.ip, port: peer.port)) {
            channels[$0].allocation == allocation && channels[$0].peer.isSame(as: peer)
        }
    }
}

// Comparisons that need no call into another module.

extension IPAddress {
    @inline(__always)
    func isSame(as other: IPAddress) -> Bool {
        (high ^ other.high) | (low ^ other.low) | UInt64(family.rawValue ^ other.family.rawValue) == 0
    }
}

extension TransportAddress {
    @inline(__always)
    func isSame(as other: TransportAddress) -> Bool { port == other.port && ip.isSame(as: other.ip) }
}

extension FiveTuple {
    @inline(__always)
    func isSame(as other: FiveTuple) -> Bool {
        client.isSame(as: other.client) && server.isSame(as: other.server) && transport == other.transport
    }
}
