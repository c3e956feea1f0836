package import Timing

extension GateRules {
    /// Looks at the head of the next request.
    mutating func readHead(
        _ held: UnsafeRawBufferPointer, at now: MonotonicTime, _ policy: GatePolicy,
        _ isTrustedProxy: () -> Bool
    ) -> GateAction {
        let emptyLineBytes = searched == 0 ? Self.emptyLineBytes(held) : 0
        if emptyLineBytes > 0 {
            exchange?.bytesArrived(at: now)
            return .skip(byteCount: emptyLineBytes)
        }
        switch RequestHead.parse(held, searched: searched) {
        case .incomplete where held.count <= policy.maxHeaderBytes:
            searched = held.count
            exchange?.bytesArrived(at: now)
            return .nothing
        case .complete(let head, let length) where length <= policy.maxHeaderBytes:
            return judge(head, length, at: now, policy, isTrustedProxy)
        case .incomplete, .unreadable, .complete:
            // The decoder has the same bounds, and the answer.
            expecting = .anything(policy.maxHeaderBytes + Self.maxUnreadableBytes)
            return next(held, at: now, policy, isTrustedProxy: isTrustedProxy)
        }
    }

    /// Empty lines before a request are skipped (RFC 9112 §2.2).
    private static func emptyLineBytes(_ held: UnsafeRawBufferPointer) -> Int {
        held.prefix { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }.count
    }

    private mutating func judge(
        _ head: RequestHead, _ length: Int, at now: MonotonicTime, _ policy: GatePolicy,
        _ isTrustedProxy: () -> Bool
    ) -> GateAction {
        if let refusal = refusal(of: head.target, isTrustedProxy) { return refuse(refusal, at: now) }
        switch Handshake.judge(head, allowedOrigins: policy.allowedOrigins) {
        case .refuse(let refusal): return refuse(refusal, at: now)
        case .accept(let response):
            if let redirectPort { return refuse(.redirection(of: head, port: redirectPort), at: now) }
            return .admit(
                AcceptableHandshake(byteCount: length, response: response, provenance: head.provenance))
        case .otherRequest:
            if let refusal = refusal(ofOther: head) { return refuse(refusal, at: now) }
            return passOn(head, length, at: now, policy)
        }
    }

    /// Why a target is refused, whatever the request is; nil if the target is acceptable.
    ///
    /// A target with the scheme https is answered only where it came by TLS, to this server or to a proxy that is
    /// trusted (RFC 9110 §7.4); a redirection tells the others where to go.
    private func refusal(of target: RequestTarget?, _ isTrustedProxy: () -> Bool) -> Handshake.Refusal? {
        guard let target else { return .badTarget }
        if target.subject == .tunnel { return .noTunnel }
        guard target.scheme == .https else { return nil }
        return isSecure || redirectPort != nil || isTrustedProxy() ? nil : .misdirected
    }

    /// Why a request that is no handshake is refused before HTTP sees it.
    private func refusal(ofOther head: RequestHead) -> Handshake.Refusal? {
        if let redirectPort, !head.staysPlain { return .redirection(of: head, port: redirectPort) }
        if head.hostCount > 1 || head.isHTTP11 && head.hostCount == 0 { return .badHost }
        if head.hasTransferEncoding && !head.isHTTP11 { return .faultyFraming }
        return nil
    }

    /// A request goes on to HTTP.
    ///
    /// The names of its `Upgrade` fields are hidden, because it is answered as if it had none (RFC 9110 §7.8): the
    /// decoder takes them for the end of HTTP on this connection and would collect whatever comes after.
    private mutating func passOn(
        _ head: RequestHead, _ length: Int, at now: MonotonicTime, _ policy: GatePolicy
    ) -> GateAction {
        switch head.framing {
        case .length(let body): expecting = body == 0 ? .head : .body(body)
        case .chunked: expecting = .chunkedBody(ChunkedFraming())
        case .unknown: expecting = .anything(policy.maxHeaderBytes + Self.maxUnreadableBytes - length)
        }
        let isLast = !head.isHTTP11 || head.framing == .unknown
        return feed(length, at: now, hiding: head.upgradeNames, isLast: isLast)
    }

    private mutating func refuse(_ refusal: Handshake.Refusal, at now: MonotonicTime) -> GateAction {
        stage = .lingering(until: now + Self.lingerTime)
        return .refuse(refusal)
    }

    /// Whether there is room for the session that ``GateAction/admit(_:)`` asked for.
    package mutating func admitted(_ admission: SessionAdmission, at now: MonotonicTime) -> GateAction {
        switch admission {
        case .draining: return refuse(.draining, at: now)
        case .tooManyConnections: return refuse(.tooManyConnections, at: now)
        case .granted:
            stage = .session
            return .openSession
        }
    }
}
