import Addresses
import Crypto
import STUN

/// Fuzzes the readers of datagrams. The first byte of the input says what is put right in the rest, because no
/// mutation guesses a length or a checksum: bit 0 the header, bit 1 FINGERPRINT, bit 2 the integrities.
///
/// What must hold: index, values, integrity and fingerprint are those of the reference, for a Send indication also by
/// its fast reader; what the writer makes of the attributes is read again as it was.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSTUNMessage(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let flags = input.first else { return 0 }
    let bytes = repaired(Array(input.dropFirst()), flags)
    withExactCopy(of: bytes, shift: Int(flags >> 4) & 3) { memory in
        let message = UnsafeRawBufferPointer(memory)
        expectChannelData(message, bytes)
        expectMessage(message, bytes)
    }
    return 0
}

private let key = LongTermKey(username: "user", realm: "realm", password: "pass", algorithm: .md5)
private let symmetricKey = SymmetricKey(data: Array(Insecure.MD5.hash(data: Array("user:realm:pass".utf8))))

private func repaired(_ bytes: [UInt8], _ flags: UInt8) -> [UInt8] {
    var bytes = bytes
    if flags & 1 != 0, bytes.count >= 20 {
        bytes.removeLast(bytes.count % 4)
        bytes[0] &= 0x3F
        bytes.replaceSubrange(2..<8, with: bigEndian(bytes.count - 20) + [0x21, 0x12, 0xA4, 0x42])
    }
    let reference = ReferenceMessage(bytes)
    guard reference.error == nil else { return bytes }
    if flags & 4 != 0 {
        for attribute in reference.attributes {
            guard let code = referenceCode(bytes, attribute) else { continue }
            bytes.replaceSubrange(attribute.start + 4..<attribute.start + 4 + code.count, with: code)
        }
    }
    if flags & 2 != 0, let fingerprint = reference.first(0x8028) {
        let value = referenceFingerprint(bytes, fingerprint)
        let parts = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
        bytes.replaceSubrange(fingerprint.start + 4..<fingerprint.start + 8, with: parts)
    }
    return bytes
}

private func bigEndian(_ number: Int) -> [UInt8] { [UInt8(number / 256), UInt8(number % 256)] }

/// The bytes that integrity and fingerprint cover, with the length that counts for them.
private func covered(_ bytes: [UInt8], _ attribute: ReferenceMessage.Attribute) -> [UInt8] {
    let length = attribute.start + 4 + attribute.value.count - 20
    return Array(bytes[0..<2]) + bigEndian(length) + Array(bytes[4..<attribute.start])
}

private func referenceFingerprint(_ bytes: [UInt8], _ attribute: ReferenceMessage.Attribute) -> UInt32 {
    referenceCRC32(covered(bytes, attribute)) ^ 0x5354_554E
}

private func referenceCode(_ bytes: [UInt8], _ attribute: ReferenceMessage.Attribute) -> [UInt8]? {
    let message = covered(bytes, attribute)
    switch attribute.type {
    case 0x0008: return Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: symmetricKey))
    case 0x001C: return Array(HMAC<SHA256>.authenticationCode(for: message, using: symmetricKey))
    default: return nil
    }
}

private func expectChannelData(_ message: UnsafeRawBufferPointer, _ bytes: [UInt8]) {
    let header = ChannelDataHeader(message.bytes)
    let isChannelData = bytes.count >= 4 && bytes[0] / 64 == 1 && number(bytes[2..<4]) <= bytes.count - 4
    expectEqual(header != nil, isChannelData, "ChannelData")
    guard let header else { return }
    expectEqual(Int(header.channel), number(bytes[0..<2]), "channel")
    expectEqual(header.byteCount, number(bytes[2..<4]), "bytes of data")
}

private func expectMessage(_ message: UnsafeRawBufferPointer, _ bytes: [UInt8]) {
    let reference = ReferenceMessage(bytes)
    let send = SendIndication(message.bytes)
    let index: MessageIndex
    do throws(DecodingError) {
        index = try MessageIndex(message.bytes)
    } catch {
        expectEqual(error, reference.error, "error")
        expect(send == nil, "a Send indication in what is no message")
        return
    }
    expectEqual(nil, reference.error, "error")
    let header = index.header
    let type = MessageHeader.type(header.messageClass, methodNumber: header.methodNumber)
    expectEqual(Int(type), reference.type, "type")
    let listed = (0..<index.count).map {
        ReferenceMessage.Attribute(
            type: Int(index[$0].type.rawValue), value: Array(message[index[$0].range]), start: index[$0].start
        )
    }
    expectEqual(listed, reference.attributes, "attributes")
    let unknown = index.unknownComprehensionRequired
    expectEqual(
        (0..<unknown.count).map { Int(unknown[$0].rawValue) }, reference.unknown, "unknown attributes")

    let fingerprintIsTrue = expectClosing(message, bytes, reference)
    expectSend(send, reference.send(fingerprintIsTrue: fingerprintIsTrue), header.transactionID)
    expectValues(message, index, reference)
    expectRoundTrip(message, index)
}

/// Compares integrities and fingerprint; whether the latter is true.
private func expectClosing(
    _ message: UnsafeRawBufferPointer, _ bytes: [UInt8], _ reference: ReferenceMessage
) -> Bool {
    var fingerprintIsTrue = false
    for attribute in reference.attributes {
        switch attribute.type {
        case 0x0008, 0x001C:
            let integrity: MessageIntegrity = attribute.type == 0x0008 ? .sha1 : .sha256
            let isTrue = integrity.verify(message.bytes, at: attribute.start, key)
            expectEqual(isTrue, attribute.value == referenceCode(bytes, attribute), "integrity")
        case 0x8028:
            fingerprintIsTrue = Fingerprint.verify(message.bytes, at: attribute.start)
            let expected = number(attribute.value) == Int(referenceFingerprint(bytes, attribute))
            expectEqual(fingerprintIsTrue, expected, "fingerprint")
        default: break
        }
    }
    return fingerprintIsTrue
}

private func expectSend(
    _ send: SendIndication?, _ expected: (peer: String, payload: [UInt8], offset: Int, dontFragment: Bool)?,
    _ id: TransactionID
) {
    expectEqual(send != nil, expected != nil, "Send indication")
    guard let send, let expected else { return }
    expectEqual(send.peer, TransportAddress(expected.peer), "peer")
    expectEqual(send.payloadOffset, expected.offset, "offset of the data")
    expectEqual(send.payloadByteCount, expected.payload.count, "bytes of data")
    expectEqual(send.dontFragment, expected.dontFragment, "DONT-FRAGMENT")
    expectDataIndication(expected.payload, send.peer, id)
}

/// What a client sends comes back to it as a Data indication that says the same.
private func expectDataIndication(_ payload: [UInt8], _ peer: TransportAddress, _ id: TransactionID) {
    guard payload.count <= DataIndication.maxPayloadByteCount(peer.family) else { return }
    let headroom = DataIndication.headerByteCount(peer.family)
    let padding = DataIndication.paddingByteCount(payloadByteCount: payload.count)
    let room = [UInt8](repeating: 0xEE, count: headroom) + payload + [UInt8](repeating: 0xEE, count: padding)
    withExactCopy(of: room) { memory in
        guard let start = memory.baseAddress else { return }
        let written = DataIndication.wrap(payload: start + headroom, byteCount: payload.count, peer: peer, id)
        let reference = ReferenceMessage(Array(written))
        expectEqual(reference.type, 0x0017, "type of a Data indication")
        expectEqual(reference.attributes.map(\.type), [0x12, 0x13], "attributes of a Data indication")
        expectEqual(reference.first(0x13)?.value, payload, "data of a Data indication")
        let address = reference.first(0x12).flatMap { reference.address($0.value) }
        expectEqual(address.flatMap { TransportAddress($0) }, peer, "peer of a Data indication")
        expect(written.suffix(padding).allSatisfy { $0 == 0 }, "padding that is not zero")
    }
}
