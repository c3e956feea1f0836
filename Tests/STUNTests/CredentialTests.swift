import Crypto
import Testing

@testable import STUN

@Suite("Keys, user hashes and nonces")
struct CredentialTests {
    @Test("a long-term key is the hash of name, realm and password")
    func keys() {
        func key(_ algorithm: PasswordAlgorithm) -> [UInt8] {
            LongTermKey(username: "user", realm: "realm", password: "pass", algorithm: algorithm).withBytes {
                bytes in
                bytes.withUnsafeBytes { Array($0) }
            }
        }
        // RFC 8489 §9.2.2 gives this example.
        #expect(key(.md5) == hex("8493fbc53ba582fb4c044c456bdc40eb"))
        #expect(key(.sha256) == Array(SHA256.hash(data: Array("user:realm:pass".utf8))))
    }

    @Test(
        "HMACs are those of swift-crypto for keys and messages of all sizes",
        arguments: [0, 1, 16, 22, 32, 63, 64])
    func hmac(keyByteCount: Int) {
        let key = (0..<keyByteCount).map { UInt8($0 * 7 & 0xFF) }
        for count in [0, 1, 55, 56, 63, 64, 65, 300] {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var sha1 = HMACCode<Insecure.SHA1>(key: key.span.bytes)
            let halves = [Array(message.prefix(10)), Array(message.dropFirst(10))]
            for half in halves { sha1.update(half.span.bytes) }
            #expect(
                Array(sha1.finalize())
                    == Array(
                        HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: key))))
            var sha256 = HMACCode<SHA256>(key: key.span.bytes)
            sha256.update(message.span.bytes)
            #expect(
                Array(sha256.finalize())
                    == Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key))))
        }
    }

    @Test("a user hash is SHA-256 of name and realm, and equal to the one a client sends")
    func userHash() throws {
        let hash = UserHash(username: "alice", realm: "switchboard")
        #expect(hash.bytes == Array(SHA256.hash(data: Array("alice:switchboard".utf8))))
        #expect(hash != UserHash(username: "alice", realm: "switchboar"))
        var writer = MessageWriter()
        writer.begin(.request, .allocate, sampleID)
        writer.add(hash)
        let bytes = writer.copy
        let read = try MessageIndex(bytes.span.bytes).userHash(in: bytes.span.bytes)
        #expect(read == hash)
    }

    @Test("a nonce's cookie announces features, the first in the most significant bit")
    func cookie() {
        func text(_ features: NonceCookie.Features) -> String {
            let cookie = NonceCookie.make(features)
            return String(decoding: cookie.indices.map { cookie[$0] }, as: UTF8.self)
        }
        #expect(text([]) == "obMatJos2AAAA")
        #expect(text(.passwordAlgorithms) == "obMatJos2gAAA")
        #expect(text([.passwordAlgorithms, .usernameAnonymity]) == "obMatJos2wAAA")
        #expect(text(NonceCookie.Features(rawValue: 0xFFFFFF)) == "obMatJos2////")
        for features: NonceCookie.Features in [
            [], .passwordAlgorithms, .usernameAnonymity, .init(rawValue: 0xABCDEF),
        ] {
            #expect(readFeatures(text(features) + "rest") == features)
            #expect(readFeatures(text(features)) == features)
        }
    }

    private func readFeatures(_ nonce: String) -> NonceCookie.Features? {
        let bytes = Array("xx\(nonce)".utf8)
        return NonceCookie.features(of: bytes.span.bytes, 2..<bytes.count)
    }

    @Test(
        "a nonce without a cookie announces nothing",
        arguments: ["", "obMatJos2AAA", "obMatJos3AAAA", "obMatJos2AA-A"])
    func noCookie(nonce: String) {
        #expect(readFeatures(nonce) == nil)
    }

    @Test("the password algorithms are taken only as they were offered")
    func offered() {
        func isOffered(_ text: String) -> Bool {
            let bytes = hex(text)
            return PasswordAlgorithms.isOffered(bytes.span.bytes, 0..<bytes.count)
        }
        #expect(isOffered("00 02 00 00 00 01 00 00"))
        for other in [
            "", "00 01 00 00", "00 01 00 00 00 02 00 00", "00 02 00 00", "00 02 00 00 00 01 00 00 00",
        ] {
            #expect(!isOffered(other))
        }
    }

    @Test("equal spans are equal, and nothing else is")
    func constantTime() {
        let bytes = RFCVectors.request
        func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
            ConstantTime.equal(left.span.bytes, right.span.bytes)
        }
        #expect(equal(bytes, bytes))
        #expect(equal([], []))
        #expect(!equal(bytes, Array(bytes.dropLast())))
        for position in bytes.indices {
            var other = bytes
            other[position] ^= 0x80
            #expect(!equal(bytes, other))
        }
    }

    @Test("every type with a name is understood or need not be")
    func names() {
        for type in AttributeType.named.keys { #expect(type.isUnderstood) }
        #expect(AttributeType.xorPeerAddress.description == "XOR-PEER-ADDRESS")
        #expect(AttributeType(rawValue: 0x0024).description == "0x0024")
        for type in UInt16(0)..<0x8000 where AttributeType(rawValue: type).isUnderstood {
            #expect(AttributeType.named[AttributeType(rawValue: type)] != nil)
        }
    }
}
