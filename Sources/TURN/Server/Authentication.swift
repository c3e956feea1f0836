import STUN

/// The server's side of long-term credentials (RFC 8489 §9.2.4), without state but the users and the nonce keys.
struct Authentication {
    /// The verdict on a request's credentials.
    enum Outcome {
        case caller(Caller)
        /// 400, or 401 and 438 with a challenge. None of them is signed.
        case refused(ErrorCode)
    }

    /// Longest values of the texts (RFC 8489 §14.3, §14.9, §14.10).
    private static let maxUsernameBytes = 508
    private static let maxTextBytes = 763

    let authority: RelayAuthority
    let request: Request
    /// The owner of the five-tuple's allocation, if any: their key need not be derived again.
    let owner: Owner?

    func check(_ bytes: RawSpan) -> Outcome {
        do throws(DecodingError) {
            return try checkThrowing(bytes)
        } catch {
            return .refused(.badRequest)
        }
    }

    private func checkThrowing(_ bytes: RawSpan) throws(DecodingError) -> Outcome {
        let index = request.index
        // The stronger one counts when both are there.
        let integrity: MessageIntegrity
        let signature: Attribute
        if let attribute = index.first(.messageIntegritySHA256) {
            (integrity, signature) = (.sha256, attribute)
        } else if let attribute = index.first(.messageIntegrity) {
            (integrity, signature) = (.sha1, attribute)
        } else {
            return .refused(.unauthenticated)
        }
        guard let name = try name(bytes), try index.text(.realm, maxByteCount: Self.maxTextBytes) != nil,
            let nonce = try index.text(.nonce, maxByteCount: Self.maxTextBytes)
        else { return .refused(.badRequest) }
        let features = NonceCookie.features(of: bytes, nonce)
        guard let algorithm = try algorithm(bytes, features) else { return .refused(.badRequest) }
        guard request.nonce == .valid else { return .refused(.staleNonce) }
        return verify(name, algorithm, bytes, integrity, signature)
    }

    private func verify(
        _ name: Credentials.Name, _ algorithm: PasswordAlgorithm, _ bytes: RawSpan,
        _ integrity: MessageIntegrity,
        _ signature: Attribute
    ) -> Outcome {
        if let owner, case .plain(let sent) = name, sent == owner.name, owner.key.algorithm == algorithm,
            integrity.verify(bytes, at: signature.start, owner.key)
        {
            return .caller(
                Caller(
                    name: owner.name, user: owner.claim.user, key: owner.key, integrity: integrity,
                    expiry: nil,
                    room: owner.room))
        }
        let claimant = authority.credentials.claimant(name, algorithm)
        for key in claimant.keys where integrity.verify(bytes, at: signature.start, key) && claimant.isKnown {
            return .caller(
                Caller(
                    name: claimant.name, user: claimant.user, key: key, integrity: integrity,
                    expiry: claimant.expiry, room: claimant.room))
        }
        return .refused(.unauthenticated)
    }

    private func name(_ bytes: RawSpan) throws(DecodingError) -> Credentials.Name? {
        if let hash = try request.index.userHash(in: bytes) { return .hashed(hash) }
        guard let range = try request.index.text(.username, maxByteCount: Self.maxUsernameBytes) else {
            return nil
        }
        let text = bytes.extracting(range).withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { throw .malformed(.username) }
        return .plain(Username(text))
    }

    /// The algorithm of the key; nil for an attempt at bidding down (RFC 8489 §9.2.4, the third step).
    private func algorithm(
        _ bytes: RawSpan, _ features: NonceCookie.Features?
    ) throws(DecodingError) -> PasswordAlgorithm? {
        guard let features, features.contains(.passwordAlgorithms) else { return .md5 }
        let offered = request.index.value(of: .passwordAlgorithms)
        let chosen = try request.index.passwordAlgorithm(in: bytes)
        switch (offered, chosen) {
        case (nil, nil): return .md5
        case (let offered?, let chosen?):
            guard PasswordAlgorithms.isOffered(bytes, offered) else { return nil }
            return PasswordAlgorithm(rawValue: chosen)
        case (nil, _?), (_?, nil): return nil
        }
    }
}
