import Addresses
import STUN

/// The wishes of an Allocate. Those that RFC 8656 §7.2 calls contradictory are ruled out.
struct AllocateRequest {
    /// The number of UDP as REQUESTED-TRANSPORT has it (RFC 8656 §18.7).
    private static let udp: UInt8 = 17

    /// The family of the relayed address; nil if the client leaves it to the server.
    let family: IPAddress.Family?
    /// Whether an IPv6 relayed address is wanted beside the IPv4 one (ADDITIONAL-ADDRESS-FAMILY, RFC 8656 §18.11).
    let wantsBoth: Bool
    let port: PortWish
    let reservationToken: UInt64?
    /// Seconds.
    let lifetime: UInt32?

    init(_ index: MessageIndex, _ bytes: RawSpan) throws(Refusal) {
        let read = try Attributes.read(index, bytes)
        guard let transport = read.transport else { throw Refusal(.badRequest) }
        guard transport == Self.udp else { throw Refusal(.unsupportedTransportProtocol) }
        let requested = try IPAddress.Family(requested: read.family)
        let additional = try IPAddress.Family(requested: read.additionalFamily)
        if read.token != nil, read.even != nil || requested != nil || additional != nil {
            throw Refusal(.badRequest)
        }
        if requested != nil, additional != nil { throw Refusal(.badRequest) }
        if additional == .ipv4 || (additional != nil && read.even == true) { throw Refusal(.badRequest) }
        family = requested
        wantsBoth = additional != nil
        port = read.even.map { .even(reservesNext: $0) } ?? .any
        reservationToken = read.token
        lifetime = read.lifetime
    }

    /// The attributes as they stand in the message.
    private struct Attributes {
        var transport: UInt8?
        var family: UInt8?
        var additionalFamily: UInt8?
        var even: Bool?
        var token: UInt64?
        var lifetime: UInt32?

        static func read(_ index: MessageIndex, _ bytes: RawSpan) throws(Refusal) -> Attributes {
            do throws(DecodingError) {
                _ = try index.dontFragment()
                let additionalFamily =
                    if let number = try index.familyNumber(.additionalAddressFamily, in: bytes) {
                        number
                    } else {
                        try index.familyNumber(.additionalAddressFamilyOfOldCoturn, in: bytes)
                    }
                return Attributes(
                    transport: try index.requestedTransport(in: bytes),
                    family: try index.familyNumber(.requestedAddressFamily, in: bytes),
                    additionalFamily: additionalFamily,
                    even: try index.evenPort(in: bytes), token: try index.reservationToken(in: bytes),
                    lifetime: try index.uint32(.lifetime, in: bytes))
            } catch {
                throw Refusal(.badRequest)
            }
        }
    }
}

extension IPAddress.Family {
    /// The family that an attribute names. A number other than the two known ones is a family that is not supported
    /// (RFC 8656 §7.2).
    init?(requested number: UInt8?) throws(Refusal) {
        guard let number else { return nil }
        guard let family = IPAddress.Family(rawValue: number) else {
            throw Refusal(.addressFamilyNotSupported)
        }
        self = family
    }
}
