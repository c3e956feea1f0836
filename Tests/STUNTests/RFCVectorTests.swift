import Testing

@testable import STUN

@Suite("The messages printed in the RFCs")
struct RFCVectorTests {
    @Test(
        "verify under the short-term password and the fingerprint, and not when any byte differs",
        arguments: [RFCVectors.request, RFCVectors.responseIPv4, RFCVectors.responseIPv6])
    func shortTerm(bytes: [UInt8]) throws {
        #expect(try verifies(bytes))
        for position in bytes.indices where position != 2 && position != 3 {
            var changed = bytes
            changed[position] ^= 0x01
            #expect((try? verifies(changed)) != true)
        }
    }

    private func verifies(_ bytes: [UInt8]) throws -> Bool {
        let message = bytes.span.bytes
        let index = try MessageIndex(message)
        guard let integrity = index.first(.messageIntegrity), let fingerprint = index.first(.fingerprint)
        else {
            return false
        }
        let key = Array(RFCVectors.shortTermPassword.utf8)
        return MessageIntegrity.sha1.verify(message, at: integrity.start, keyBytes: key.span.bytes)
            && Fingerprint.verify(message, at: fingerprint.start)
    }

    @Test("hold the attributes that the text names")
    func attributes() throws {
        let request = try index(RFCVectors.request).get()
        #expect(request.header.method == .binding)
        #expect(request.header.messageClass == .request)
        #expect(request.header.transactionID == sampleID)
        #expect(try listed(RFCVectors.request).map(\.type.rawValue) == [0x8022, 0x24, 0x8029, 6, 8, 0x8028])
        #expect(request.value(of: .username).map { Array(RFCVectors.request[$0]) } == Array("evtj:h6vY".utf8))

        #expect(try index(RFCVectors.responseIPv4).get().header.messageClass == .success)
        #expect(read(.xorMappedAddress, in: RFCVectors.responseIPv4) == .success("192.0.2.1:32853"))
        #expect(
            read(.xorMappedAddress, in: RFCVectors.responseIPv6)
                == .success("[2001:db8:1234:5678:11:2233:4455:6677]:32853"))
    }

    @Test("verify under the long-term key made with MD5")
    func longTerm() throws {
        let bytes = RFCVectors.longTermRequest
        let message = bytes.span.bytes
        let integrity = try #require(try MessageIndex(message).first(.messageIntegrity))
        func verifies(_ password: String, _ algorithm: PasswordAlgorithm) -> Bool {
            let key = LongTermKey(
                username: RFCVectors.username, realm: RFCVectors.realm, password: password,
                algorithm: algorithm)
            return MessageIntegrity.sha1.verify(message, at: integrity.start, key)
        }
        #expect(verifies(RFCVectors.password, .md5))
        #expect(!verifies("thematrix", .md5))
        #expect(!verifies(RFCVectors.password, .sha256))
    }

    @Test("verify under the long-term key made with SHA-256, and name the user by hash")
    func longTermSHA256() throws {
        let bytes = RFCVectors.sha256Request
        let message = bytes.span.bytes
        let index = try MessageIndex(message)
        let userHash = try index.userHash(in: message)
        #expect(userHash == UserHash(username: RFCVectors.username, realm: RFCVectors.realm))
        #expect(read(.passwordAlgorithm, in: RFCVectors.sha256Request) == .success("2"))
        let key = LongTermKey(
            username: RFCVectors.username, realm: RFCVectors.realm, password: RFCVectors.password,
            algorithm: .sha256)
        let integrity = try #require(index.first(.messageIntegritySHA256))
        let verifies = MessageIntegrity.sha256.verify(message, at: integrity.start, key)
        #expect(verifies)
    }

    @Test("come out of the writer as they are printed")
    func written() {
        var writer = MessageWriter()
        let md5 = LongTermKey(
            username: RFCVectors.username, realm: RFCVectors.realm, password: RFCVectors.password,
            algorithm: .md5)
        let sha256 = LongTermKey(
            username: RFCVectors.username, realm: RFCVectors.realm, password: RFCVectors.password,
            algorithm: .sha256)
        let id = TransactionID(high: 0x78AD_3433, low: 0xC6AD_72C0_29DA_412E)

        writer.begin(.request, .binding, id)
        writer.add(.username, RFCVectors.username)
        writer.add(.nonce, "f//499k954d6OL34oL9FSTvy64sA")
        writer.add(.realm, RFCVectors.realm)
        writer.addIntegrity(.sha1, md5)
        #expect(writer.copy == RFCVectors.longTermRequest)

        writer.begin(.request, .binding, id)
        writer.add(UserHash(username: RFCVectors.username, realm: RFCVectors.realm))
        writer.addNonce(NonceCookie.Features(rawValue: 2), Array("f//499k954d6OL34oL9FSTvy64sA".utf8))
        writer.add(.realm, RFCVectors.realm)
        writer.add(PasswordAlgorithm.sha256)
        writer.addIntegrity(.sha256, sha256)
        #expect(writer.copy == RFCVectors.sha256Request)
    }
}
