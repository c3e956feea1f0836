import Addresses
import STUN

/// Answers to clients that have proved nothing are small, unsigned and limited. Answers to callers are signed.
extension TURNServer {
    /// An unsigned answer is at most this many halves of its request: 2.5 times.
    private static var maxAmplificationInHalves: Int { 5 }
    /// The size of Chromium's first Allocate. A smaller request may be refused without a challenge.
    private static var smallestAllocate: Int { 28 }

    /// Whether a client may have one more unsigned answer.
    mutating func admitsStranger(_ request: Request) -> Bool {
        answerLimits.admits(request.fiveTuple.client.ip, request.proof, hash, at: request.now)
    }

    /// Refuses without a signature: 400, or 401 and 438 with a challenge, which needs the full form (92 bytes with
    /// the default realm), or the compact one without PASSWORD-ALGORITHMS (64 bytes); where neither is small enough
    /// for the request, 400 (28 bytes).
    mutating func refuseStranger(
        _ code: ErrorCode, _ request: Request, _ answer: inout MessageWriter
    ) -> ControlOutcome {
        guard admitsStranger(request) else { return silence(.unauthenticatedLimit) }
        counters.count(code)
        guard code != .badRequest else { return writeBare(code, request, &answer) }
        writeChallenge(code, request, authority.credentials.features, &answer)
        if isSmallEnough(answer.byteCount, request) { return .answer }
        writeChallenge(code, request, nil, &answer)
        let isAllocate = request.header.method == .allocate && request.byteCount >= Self.smallestAllocate
        if isAllocate || isSmallEnough(answer.byteCount, request) { return .answer }
        return writeBare(.badRequest, request, &answer)
    }

    private mutating func writeBare(
        _ code: ErrorCode, _ request: Request, _ answer: inout MessageWriter
    ) -> ControlOutcome {
        answer.begin(.error, answering: request.header)
        answer.add(code)
        fingerprintIfSmall(request, &answer)
        return .answer
    }

    private func writeChallenge(
        _ code: ErrorCode, _ request: Request, _ features: NonceCookie.Features?,
        _ answer: inout MessageWriter
    ) {
        answer.begin(.error, answering: request.header)
        answer.add(code)
        answer.add(.realm, configuration.realm)
        let client = request.fiveTuple.client.ip
        answer.addNonce(features, authority.nonces.mint(client, features: features, at: request.wallClock))
        if features != nil { answer.add(.passwordAlgorithms, PasswordAlgorithms.offered) }
        fingerprintIfSmall(request, &answer)
    }

    /// FINGERPRINT on an unsigned answer, unless it makes the answer too large for its request.
    func fingerprintIfSmall(_ request: Request, _ answer: inout MessageWriter) {
        guard wantsFingerprint(request),
            isSmallEnough(answer.byteCount + Fingerprint.attributeByteCount, request)
        else { return }
        answer.addFingerprint()
    }

    /// The handshake of a stream proves its client's address.
    func isSmallEnough(_ byteCount: Int, _ request: Request) -> Bool {
        request.fiveTuple.transport.isStream
            || 2 * byteCount <= Self.maxAmplificationInHalves * request.byteCount
    }

    /// Refuses a caller, signed.
    mutating func refuse(
        _ refusal: Refusal, _ request: Request, _ caller: Caller, _ answer: inout MessageWriter
    ) -> ControlOutcome {
        counters.count(refusal.code)
        answer.begin(.error, answering: request.header)
        answer.add(refusal.code)
        if refusal.code == .unknownAttribute { answer.add(refusal.unknown) }
        return close(request, caller, &answer)
    }

    /// Signs the message in the way the request was signed.
    func close(_ request: Request, _ caller: Caller, _ answer: inout MessageWriter) -> ControlOutcome {
        answer.addIntegrity(caller.integrity, caller.key)
        if wantsFingerprint(request) { answer.addFingerprint() }
        return .answer
    }

    func wantsFingerprint(_ request: Request) -> Bool {
        configuration.alwaysFingerprints || request.index.contains(.fingerprint)
    }

    mutating func silence(_ reason: DropReason) -> ControlOutcome {
        counters.count(reason)
        return .silence(reason)
    }
}
