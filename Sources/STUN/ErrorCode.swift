/// The codes of error responses that TURN uses (RFC 8489 §14.8, RFC 8656 §19). Their reasons are never written out:
/// an answer stays as small as it can be, and the code says it all.
package enum ErrorCode: UInt16, BitwiseCopyable, Sendable, CaseIterable {
    case tryAlternate = 300
    case badRequest = 400
    case unauthenticated = 401
    case forbidden = 403
    case unknownAttribute = 420
    case allocationMismatch = 437
    case staleNonce = 438
    case addressFamilyNotSupported = 440
    case wrongCredentials = 441
    case unsupportedTransportProtocol = 442
    case peerAddressFamilyMismatch = 443
    case allocationQuotaReached = 486
    case serverError = 500
    case insufficientCapacity = 508

    /// Class and number as ERROR-CODE writes them in its four bytes.
    package var word: UInt32 { UInt32(rawValue / 100) << 8 | UInt32(rawValue % 100) }
}
