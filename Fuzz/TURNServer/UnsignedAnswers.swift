import Addresses
import STUN
import TURN
import Timing

/// How many unsigned answers each address has had, by what its requests prove, on each loop by itself.
struct UnsignedAnswers {
    private struct Key: Hashable {
        let loop: UInt8
        let ip: IPAddress
        let proof: Proof
    }

    private enum Proof { case nothing, nonce, handshake }

    private struct Nonce: Hashable {
        let bytes: [UInt8]
        let ip: IPAddress
    }

    private var counts: [Key: UInt64] = [:]
    /// When each nonce was given out, the last time.
    private var nonces: [Nonce: UnixTime] = [:]

    /// A nonce was given to an address.
    mutating func learn(_ nonce: [UInt8], _ ip: IPAddress, _ wallClock: UnixTime) {
        nonces[Nonce(bytes: nonce, ip: ip)] = wallClock
    }

    /// A request had an unsigned answer.
    mutating func count(_ request: [UInt8], _ client: Client, _ now: MonotonicTime, _ wallClock: UnixTime) {
        let key = Key(
            loop: client.loop, ip: client.tuple.client.ip, proof: proof(request, client, wallClock))
        counts[key, default: 0] += 1
        let seconds = UInt64(now.nanoseconds / 1_000_000_000)
        expect(counts[key, default: 0] <= 21 + 10 * seconds, "more unsigned answers than allowed")
    }

    private func proof(_ request: [UInt8], _ client: Client, _ wallClock: UnixTime) -> Proof {
        if client.tuple.transport != .udp { return .handshake }
        guard let index = try? MessageIndex(request.span.bytes), let range = index.value(of: .nonce),
            let time = nonces[Nonce(bytes: Array(request[range]), ip: client.tuple.client.ip)]
        else { return .nothing }
        // A nonce counts for its lifetime and the longest one of an allocation.
        return wallClock.seconds < time.seconds + World.configuration.nonceSeconds + 3_600 ? .nonce : .nothing
    }
}

/// Whether some bytes begin like a Binding request of RFC 3489.
func isClassicBinding(_ request: [UInt8]) -> Bool {
    request.count >= 20 && request[0] == 0 && request[1] == 1
        && Array(request[4..<8]) != [0x21, 0x12, 0xA4, 0x42]
}

/// What holds for any answer to such a request.
func expectClassic(_ answer: [UInt8], _ request: [UInt8], _ client: Client) {
    expect(client.tuple.transport == .udp, "an answer without the cookie in a stream")
    expect(answer.count >= 20 && answer.count % 4 == 0, "an answer that is no message")
    expectEqual(Array(answer[4..<20]), Array(request[4..<20]), "transaction")
    expectEqual(Int(answer[2]) * 256 + Int(answer[3]), answer.count - 20, "length")
    expect(
        2 * answer.count <= 5 * request.count, "\(request.count) bytes were answered with \(answer.count)")
    let ip = client.tuple.client.ip
    let address: [UInt8] =
        ip.family == .ipv4
        ? (0..<4).map { UInt8(truncatingIfNeeded: ip.v4Bits >> UInt32(24 - 8 * $0)) }
        : [ip.high, ip.low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    let port = client.tuple.client.port
    let mapped =
        [
            0, 1, 0, UInt8(4 + address.count), 0, ip.family == .ipv4 ? 1 : 2, UInt8(port >> 8),
            UInt8(port & 0xFF),
        ]
        + address
    if answer[1] == 1 {
        expectEqual(Array(answer[20...]), mapped, "MAPPED-ADDRESS")
    } else {
        expectEqual(Array(answer[0..<2]) + answer[20..<28], [1, 0x11, 0, 9, 0, 4, 0, 0, 4, 20], "420")
    }
}
