import Addresses
import STUN
import Timing

/// Refresh (RFC 8656 §8.2).
extension TURNServer {
    mutating func refresh(
        _ request: Request, _ message: RawSpan, _ caller: Caller, _ existing: UInt32?,
        _ sockets: inout some RelaySockets & ~Copyable, _ answer: inout MessageWriter
    ) throws(Refusal) {
        let tuple = request.fiveTuple
        let transaction = request.header.transactionID
        if existing == nil, tombstones.isEnded(tuple, hash.hash(tuple), by: transaction, at: request.now) {
            return writeRefreshed(0, request, &answer)
        }
        let allocation = try owned(existing, by: caller)
        let wish = try RefreshRequest(request.index, message)
        if let family = wish.family, !allocations[allocation][family].isLive {
            throw Refusal(.peerAddressFamilyMismatch)
        }
        guard wish.lifetime == 0 else {
            let lifetime = granted(wish.lifetime)
            extend(allocation, wish.family, until: request.now.advanced(bySeconds: lifetime), at: request.now)
            return writeRefreshed(lifetime, request, &answer)
        }
        let made = allocations[allocation].made.transactionID
        if let family = wish.family {
            closeSlot(family, of: allocation, &sockets, at: request.now)
        } else {
            for family in IPAddress.Family.allCases {
                closeSlot(family, of: allocation, &sockets, at: request.now)
            }
        }
        if !allocations[allocation].isLive {
            remove(allocation, at: request.now)
            tombstones.add(tuple, hash.hash(tuple), made: made, ended: transaction, at: request.now)
        }
        writeRefreshed(0, request, &answer)
    }

    private func writeRefreshed(_ lifetime: UInt32, _ request: Request, _ answer: inout MessageWriter) {
        answer.begin(.success, answering: request.header)
        answer.add(.lifetime, lifetime)
    }

    /// Gives an allocation, or its part of one family, a new end.
    private mutating func extend(
        _ allocation: UInt32, _ family: IPAddress.Family?, until expires: MonotonicTime, at now: MonotonicTime
    ) {
        for each in IPAddress.Family.allCases where allocations[allocation][each].isLive {
            if family == nil || family == each { allocations[allocation][each].expires = expires }
        }
        // A later end is found out when the old deadline comes.
        deadlines.bringForward(allocation, to: expires)
    }
}

/// What a Refresh asks for.
private struct RefreshRequest {
    let family: IPAddress.Family?
    /// Seconds; 0 ends the allocation.
    let lifetime: UInt32?

    init(_ index: MessageIndex, _ bytes: RawSpan) throws(Refusal) {
        let number: UInt8?
        do throws(DecodingError) {
            number = try index.familyNumber(.requestedAddressFamily, in: bytes)
            lifetime = try index.uint32(.lifetime, in: bytes)
        } catch {
            throw Refusal(.badRequest)
        }
        do throws(Refusal) {
            family = try IPAddress.Family(requested: number)
        } catch {
            throw Refusal(.peerAddressFamilyMismatch)
        }
    }
}
