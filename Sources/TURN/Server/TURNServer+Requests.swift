import Addresses
package import STUN
package import Timing

/// Messages that are not data: decoded, authenticated, handed to the rule of their method.
extension TURNServer {
    /// Takes a message that `classifyClient` called control. If the outcome is an answer, the writer holds it.
    package mutating func handle(
        _ message: RawSpan, from route: ClientRoute, now: MonotonicTime, wallClock: UnixTime,
        sockets: inout some RelaySockets & ~Copyable, answer: inout MessageWriter
    ) -> ControlOutcome {
        guard let header = MessageHeader(message) else {
            guard configuration.answersClassicBinding, !route.fiveTuple.transport.isStream,
                let request = ClassicBindingRequest(message)
            else { return silence(.malformed) }
            return classicBinding(request, from: route.fiveTuple.client, now: now, &answer)
        }
        guard header.messageClass == .request, let method = header.method else {
            // A Send indication comes here only if it could not be read (RFC 8656 §11.2).
            let isSend = header.messageClass == .indication && header.method == .send
            return silence(isSend ? .malformed : .unexpected)
        }
        guard let index = try? MessageIndex(message) else { return silence(.malformed) }
        if let fingerprint = index.first(.fingerprint), !Fingerprint.verify(message, at: fingerprint.start) {
            return silence(.malformed)
        }
        let request = Request(
            route: route, index: index, now: now, wallClock: wallClock, byteCount: message.byteCount,
            nonce: verdict(message, index, route.fiveTuple.client.ip, wallClock))
        switch method {
        case .binding:
            return binding(request, &answer)
        case .allocate, .refresh, .createPermission, .channelBind:
            return authenticated(method, request, message, &sockets, &answer)
        case .send, .data:
            return silence(.unexpected)
        }
    }

    /// Judges the nonce that a request came with, in its first NONCE.
    private func verdict(
        _ message: RawSpan, _ index: MessageIndex, _ client: IPAddress, _ wallClock: UnixTime
    ) -> NonceKeys.Verdict? {
        guard let nonce = index.value(of: .nonce) else { return nil }
        return authority.nonces.verify(
            message, nonce, client, features: NonceCookie.features(of: message, nonce), at: wallClock)
    }

    /// Binding (RFC 8489 §2): the client is told its own address.
    private mutating func binding(_ request: Request, _ answer: inout MessageWriter) -> ControlOutcome {
        guard admitsStranger(request) else { return silence(.unauthenticatedLimit) }
        let unknown = request.index.unknownComprehensionRequired
        if unknown.isEmpty {
            counters.bindings &+= 1
            answer.begin(.success, answering: request.header)
            answer.add(.xorMappedAddress, xor: request.fiveTuple.client)
        } else {
            counters.count(.unknownAttribute)
            answer.begin(.error, answering: request.header)
            answer.add(.unknownAttribute)
            answer.add(unknown)
        }
        fingerprintIfSmall(request, &answer)
        return .answer
    }

    /// Binding without the magic cookie (RFC 5389 §12.2): answered like any other datagram that proves nothing, from the
    /// packet alone, and with no more bytes.
    private mutating func classicBinding(
        _ request: ClassicBindingRequest, from client: TransportAddress, now: MonotonicTime,
        _ answer: inout MessageWriter
    ) -> ControlOutcome {
        guard answerLimits.admits(client.ip, .nothing, hash, at: now) else {
            return silence(.unauthenticatedLimit)
        }
        if request.unknown.isEmpty {
            counters.bindings &+= 1
            answer.begin(.success, answering: request)
            answer.add(.mappedAddress, plain: client)
        } else {
            counters.count(.unknownAttribute)
            answer.begin(.error, answering: request)
            answer.add(.unknownAttribute)
            answer.add(inPairs: request.unknown)
        }
        return .answer
    }

    private mutating func authenticated(
        _ method: Method, _ request: Request, _ message: RawSpan,
        _ sockets: inout some RelaySockets & ~Copyable,
        _ answer: inout MessageWriter
    ) -> ControlOutcome {
        let allocation = allocation(request.fiveTuple)
        let owner = allocation.flatMap { owners[Int($0)] }
        switch Authentication(authority: authority, request: request, owner: owner).check(message) {
        case .refused(let code):
            return refuseStranger(code, request, &answer)
        case .caller(let caller):
            do throws(Refusal) {
                let unknown = request.index.unknownComprehensionRequired
                guard unknown.isEmpty else { throw Refusal(unknown: unknown) }
                switch method {
                case .allocate:
                    guard mayAllocate(caller, request, allocation) else {
                        return refuseStranger(.unauthenticated, request, &answer)
                    }
                    try allocate(request, message, caller, allocation, &sockets, &answer)
                case .refresh: try refresh(request, message, caller, allocation, &sockets, &answer)
                case .createPermission: try createPermission(request, message, caller, allocation, &answer)
                case .channelBind: try bindChannel(request, message, caller, allocation, &answer)
                case .binding, .send, .data: throw Refusal(.badRequest)
                }
                return close(request, caller, &answer)
            } catch {
                return refuse(error, request, caller, &answer)
            }
        }
    }

    /// The age of credentials and their room count for new allocations only: what expires during a call does not end
    /// it.
    private func mayAllocate(_ caller: Caller, _ request: Request, _ allocation: UInt32?) -> Bool {
        if allocation != nil { return true }
        if let expiry = caller.expiry, expiry <= request.wallClock { return false }
        if let room = caller.room, authority.revocations.contains(room) { return false }
        return true
    }

    /// The allocation that a request after Allocate is about, if it is the caller's own.
    func owned(_ allocation: UInt32?, by caller: Caller) throws(Refusal) -> UInt32 {
        guard let allocation else { throw Refusal(.allocationMismatch) }
        guard owners[Int(allocation)]?.name == caller.name else { throw Refusal(.wrongCredentials) }
        return allocation
    }
}
