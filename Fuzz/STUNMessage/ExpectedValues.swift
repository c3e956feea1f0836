import Addresses
import STUN

/// Compares what the typed readers say of a message with its attributes' bytes.
func expectValues(_ message: UnsafeRawBufferPointer, _ index: MessageIndex, _ reference: ReferenceMessage) {
    expectFixed(.lifetime, 4, reference, { number($0) }) { () throws(DecodingError) in
        try index.uint32(.lifetime, in: message.bytes).map { Int($0) }
    }
    expectFixed(.channelNumber, 4, reference, { number($0.prefix(2)) }) { () throws(DecodingError) in
        try index.channelNumber(in: message.bytes).map { Int($0) }
    }
    expectFixed(.requestedTransport, 4, reference, { Int($0[0]) }) { () throws(DecodingError) in
        try index.requestedTransport(in: message.bytes).map { Int($0) }
    }
    for family in [
        AttributeType.requestedAddressFamily, .additionalAddressFamily, .additionalAddressFamilyOfOldCoturn,
    ] {
        expectFixed(family, 4, reference, { Int($0[0]) }) { () throws(DecodingError) in
            try index.familyNumber(family, in: message.bytes).map { Int($0) }
        }
    }
    expectFixed(.evenPort, 1, reference, { $0[0] >= 128 }) { () throws(DecodingError) in
        try index.evenPort(in: message.bytes)
    }
    expectFixed(.reservationToken, 8, reference, { $0 }) { () throws(DecodingError) in
        try index.reservationToken(in: message.bytes).map { token in
            (0..<8).map { UInt8(truncatingIfNeeded: token >> UInt64(56 - 8 * $0)) }
        }
    }
    expectFixed(.dontFragment, 0, reference, { _ in true }) { () throws(DecodingError) in
        try index.dontFragment() ? true : nil
    }
    expectFixed(.userhash, 32, reference, { $0 }) { () throws(DecodingError) in
        try index.userHash(in: message.bytes).map(\.bytes)
    }
    expectAddresses(message, index, reference)
    expectErrorCode(message, index, reference)
    expectNonce(message, index, reference)
}

/// An attribute of one size is read as its bytes say, or refused for its size, or not there.
private func expectFixed<Value: Equatable>(
    _ type: AttributeType, _ byteCount: Int, _ reference: ReferenceMessage, _ expected: ([UInt8]) -> Value,
    _ read: () throws(DecodingError) -> Value?
) {
    let value = reference.first(Int(type.rawValue))?.value
    do throws(DecodingError) {
        let actual = try read()
        expect(value == nil || value?.count == byteCount, "\(type) of a wrong size was read")
        expectEqual(actual, value.map(expected), "\(type)")
    } catch {
        expectEqual(error, .malformed(type), "refusal of \(type)")
        expect(value != nil && value?.count != byteCount, "\(type) was refused")
    }
}

private func expectAddresses(
    _ message: UnsafeRawBufferPointer, _ index: MessageIndex, _ reference: ReferenceMessage
) {
    for position in 0..<index.count {
        let attribute = index[position]
        let expected = reference.address(reference.attributes[position].value)
        let actual = try? index.xorAddress(of: attribute, in: message.bytes)
        expectEqual(actual, expected.flatMap { TransportAddress($0) }, "an address")
        expectEqual(actual != nil, expected != nil, "whether there is an address")
        if let actual { expectEqual(TransportAddress("\(actual)"), actual, "an address as text") }
    }
}

private func expectErrorCode(
    _ message: UnsafeRawBufferPointer, _ index: MessageIndex, _ reference: ReferenceMessage
) {
    let value = reference.first(0x0009)?.value
    let code = value.flatMap { $0.count < 4 ? nil : Int($0[2] % 8) * 100 + Int($0[3]) }
    let isCode = code.map { (300...699).contains($0) && (value?[3] ?? 0) < 100 } ?? false
    do throws(DecodingError) {
        let actual = try index.errorCode(in: message.bytes)
        expectEqual(actual.map { Int($0) }, code, "ERROR-CODE")
        expect(value == nil || isCode, "an ERROR-CODE that is none")
    } catch {
        expect(value != nil && !isCode, "ERROR-CODE was refused")
    }
}

private func expectNonce(
    _ message: UnsafeRawBufferPointer, _ index: MessageIndex, _ reference: ReferenceMessage
) {
    guard let range = index.value(of: .nonce), let value = reference.first(0x0015)?.value else { return }
    expectEqual(Array(message[range]), value, "NONCE")
    guard let features = NonceCookie.features(of: message.bytes, range) else { return }
    let cookie = NonceCookie.make(features)
    expectEqual(cookie.indices.map { cookie[$0] }, Array(value.prefix(13)), "the nonce's cookie")
}

/// The writer makes the same message of the attributes, but for their padding.
func expectRoundTrip(_ message: UnsafeRawBufferPointer, _ index: MessageIndex) {
    var writer = MessageWriter(capacity: message.count)
    writer.begin(index.header.messageClass, answering: index.header)
    for position in 0..<index.count {
        let attribute = index[position]
        writer.add(attribute.type, bytes: UnsafeRawBufferPointer(rebasing: message[attribute.range]))
    }
    expect(!writer.overflowed, "the writer had no room for what was there")
    guard let again = try? MessageIndex(writer.buffer.bytes) else {
        fatalError("what was written is no message")
    }
    expectEqual(again.count, index.count, "attributes written")
    for position in 0..<again.count {
        expectEqual(again[position].type, index[position].type, "a type written")
        let written = writer.buffer[again[position].range]
        expect(written.elementsEqual(message[index[position].range]), "a value written")
    }
    let bytes = ReferenceMessage(Array(writer.buffer))
    expectEqual(bytes.type, ReferenceMessage(Array(message)).type, "a header written")
}
