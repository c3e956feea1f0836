import TURN

/// From stream clients.
extension PacketPath: StreamReceiver {
    /// Takes one whole frame of a stream client: a STUN message, or ChannelData with or without its padding.
    ///
    /// Its bytes may be overwritten and must stay in place until `flush`, which the caller calls before it uses their
    /// memory again.
    mutating func relayFrame(_ frame: UnsafeMutableRawBufferPointer, from route: ClientRoute) {
        relayPacket(frame, from: route, tailroom: 0)
    }

    /// A stream client has gone: its allocations end.
    mutating func clientClosed(_ fiveTuple: FiveTuple) {
        turn.clientClosed(fiveTuple, now: now, sockets: &sockets)
    }

    func holdsAllocation(_ fiveTuple: FiveTuple) -> Bool { turn.holdsAllocation(fiveTuple) }
}
