import Addresses
import Timing

/// Permissions and channels in their slabs, tables and lists.
extension TURNServer {
    mutating func addPermission(
        _ ip: IPAddress, _ target: PeerTarget, _ allocation: UInt32, until expires: MonotonicTime
    ) {
        let permission = permissions.add(
            Permission(
                ip: ip, expires: expires, allocation: allocation,
                next: allocations[allocation].firstPermission,
                target: target))
        allocations[allocation].firstPermission = permission
        allocations[allocation].permissionCount += 1
        permissionTable.insert(hash.hash(allocation: allocation, ip: ip, port: 0), permission)
        counters.permissions &+= 1
    }

    /// Adds a channel that is bound to nothing yet; its caller sets the times.
    mutating func addChannel(
        _ number: UInt16, _ peer: TransportAddress, _ target: PeerTarget, _ allocation: UInt32
    ) -> UInt32 {
        let never = MonotonicTime(nanoseconds: 0)
        let channel = channels.add(
            Channel(
                peer: peer, expires: never, permitted: never, allocation: allocation,
                next: allocations[allocation].firstChannel, number: number, target: target))
        allocations[allocation].firstChannel = channel
        allocations[allocation].channelCount += 1
        channelsByNumber.insert(hash.hash(allocation: allocation, channel: number), channel)
        channelsByPeer.insert(hash.hash(allocation: allocation, ip: peer.ip, port: peer.port), channel)
        counters.channels &+= 1
        return channel
    }

    /// Removes the permissions and channels of an allocation that have ended, or that belong to a family it has lost.
    /// Gives the earliest end of those that stay.
    @discardableResult
    mutating func sweep(_ allocation: UInt32, at now: MonotonicTime) -> MonotonicTime {
        min(sweepPermissions(allocation, at: now), sweepChannels(allocation, at: now))
    }

    private mutating func sweepPermissions(_ allocation: UInt32, at now: MonotonicTime) -> MonotonicTime {
        var earliest = MonotonicTime.distantFuture
        var kept = noIndex
        var permission = allocations[allocation].firstPermission
        while permission != noIndex {
            let element = permissions[permission]
            if now < element.expires, allocations[allocation][element.ip.family].isLive {
                earliest = min(earliest, element.expires)
                kept = permission
            } else {
                permissionTable.remove(hash.hash(allocation: allocation, ip: element.ip, port: 0), permission)
                permissions.remove(permission)
                allocations[allocation].permissionCount -= 1
                counters.permissions &-= 1
                if kept == noIndex {
                    allocations[allocation].firstPermission = element.next
                } else {
                    permissions[kept].next = element.next
                }
            }
            permission = element.next
        }
        return earliest
    }

    private mutating func sweepChannels(_ allocation: UInt32, at now: MonotonicTime) -> MonotonicTime {
        var earliest = MonotonicTime.distantFuture
        var kept = noIndex
        var channel = allocations[allocation].firstChannel
        while channel != noIndex {
            let element = channels[channel]
            if now < element.expires, allocations[allocation][element.peer.family].isLive {
                earliest = min(earliest, element.expires)
                kept = channel
            } else {
                let peer = element.peer
                channelsByNumber.remove(hash.hash(allocation: allocation, channel: element.number), channel)
                channelsByPeer.remove(
                    hash.hash(allocation: allocation, ip: peer.ip, port: peer.port), channel)
                channels.remove(channel)
                allocations[allocation].channelCount -= 1
                counters.channels &-= 1
                if kept == noIndex {
                    allocations[allocation].firstChannel = element.next
                } else {
                    channels[kept].next = element.next
                }
            }
            channel = element.next
        }
        return earliest
    }
}
