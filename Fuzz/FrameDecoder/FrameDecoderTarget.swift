import WebSocket

/// Fuzzes the frame decoder. Of the input the first byte chooses the size limit, the second how the bytes are
/// cut into pieces, and the rest comes from the wire.
///
/// What must hold: however the bytes are cut, the decoder's events are those of the reference; it consumes
/// all it is given, hands out memory that can be read, and goes on refusing once it has refused. The same events come
/// where whole frames are read without a decoder, and one lives only while a message is incomplete.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrameDecoder(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard count >= 2 else { return 0 }
    let limits = [125, 200, 1000, 65_536]
    let limit = limits[Int(input[0]) % limits.count]
    let wire = Array(input[2...])
    let reference = ReferenceDecoder(wire, maxMessageBytes: limit)

    let whole = decode([wire[...]], limit: limit)
    let inBytes = decode(wire.indices.map { wire[$0...$0] }, limit: limit)
    let inPieces = decode(pieces(of: wire, seed: input[1]), limit: limit)
    let wholeWithout = decodeWhereNeeded([wire[...]], limit: limit)
    let inPiecesWithout = decodeWhereNeeded(pieces(of: wire, seed: input[1], longest: 256), limit: limit)
    for (name, outcome) in [
        ("at once", whole), ("byte by byte", inBytes), ("in pieces", inPieces),
        ("at once, without a decoder", wholeWithout), ("in pieces, without a decoder", inPiecesWithout),
    ] {
        expectEqual(outcome.events, reference.events, "decoded \(name)")
        if reference.events.last?.isLast != true {
            expectEqual(outcome.isIdle, reference.isIdle, "idle after \(name)")
        }
    }
    for case .message(let isText, let payload) in reference.events {
        expectRoundTrip(isText ? .text : .binary, payload)
    }
    return 0
}

/// Cuts the bytes into pieces of 1 to `longest` (at most 256), chosen by a generator that the seed starts.
private func pieces(of bytes: [UInt8], seed: UInt8, longest: Int = 16) -> [ArraySlice<UInt8>] {
    var state = UInt32(seed) &+ 1
    var rest = bytes[...]
    var result: [ArraySlice<UInt8>] = []
    while !rest.isEmpty {
        state = state &* 1_664_525 &+ 1_013_904_223
        let length = Int(state >> 24) % longest + 1
        result.append(rest.prefix(length))
        rest = rest.dropFirst(length)
    }
    return result
}

/// As a driver without a decoder of its own: whole frames are read where they stand, and for anything else there is a
/// decoder, until it is idle again.
private func decodeWhereNeeded(
    _ pieces: [ArraySlice<UInt8>], limit: Int
) -> (events: [WireEvent], isIdle: Bool) {
    var decoder: FrameDecoder?
    var events: [WireEvent] = []
    for piece in pieces {
        withExactCopy(of: piece, shift: piece.startIndex % 16) { bytes in
            var offset = 0
            while events.last?.isLast != true, offset < bytes.count {
                if decoder == nil, let text = wholeText(bytes, &offset, as: piece, limit: limit) {
                    events.append(text)
                    continue
                }
                var current = decoder.take() ?? FrameDecoder(maxMessageBytes: limit)
                if let event = nextEvent(&current, bytes, &offset) { events.append(event) }
                if !current.isIdle { decoder = consume current }
            }
        }
    }
    return (events, decoder == nil)
}

/// The whole text frame at the offset, nil when something else is there. Nothing but its payload may have changed of
/// what came from the wire from there on.
private func wholeText(
    _ bytes: UnsafeMutableRawBufferPointer, _ offset: inout Int, as wire: ArraySlice<UInt8>, limit: Int
) -> WireEvent? {
    let start = offset
    let text = WholeFrame.readText(in: bytes, at: &offset, maxMessageBytes: limit)
    expect(offset >= start && offset <= bytes.count, "the offset went from \(start) to \(offset)")
    expect(bytes[offset...].elementsEqual(wire.dropFirst(offset)), "bytes that were not taken are others")
    guard let text else {
        expectEqual(offset, start, "the offset of what was not taken")
        return nil
    }
    let header = start..<offset - text.count
    expect(isWithin(text, bytes) && header.count >= 6, "a text outside its frame")
    expect(bytes[header].elementsEqual(wire.dropFirst(start).prefix(header.count)), "the header is another")
    guard ReferenceUTF8.isValid(text) else { return .violation(CloseCode.invalidPayload.rawValue) }
    return .message(isText: true, Array(text))
}

private func decode(_ pieces: [ArraySlice<UInt8>], limit: Int) -> (events: [WireEvent], isIdle: Bool) {
    var decoder = FrameDecoder(maxMessageBytes: limit)
    var events: [WireEvent] = []
    for piece in pieces {
        // The shift moves the eight-byte steps of unmasking to every alignment.
        withExactCopy(of: piece, shift: piece.startIndex % 8) { bytes in
            var offset = 0
            while events.last?.isLast != true, let event = nextEvent(&decoder, bytes, &offset) {
                events.append(event)
            }
            if case .violation(let code) = events.last {
                expectSticky(code, &decoder, bytes, offset)
            }
        }
    }
    return (events, decoder.isIdle)
}

/// The decoder's next event, nil when it needs more bytes. Text that it hands out where it stands is checked
/// here, as its reader must.
private func nextEvent(
    _ decoder: inout FrameDecoder, _ bytes: UnsafeMutableRawBufferPointer, _ offset: inout Int
) -> WireEvent? {
    let before = offset
    let event = decoder.next(bytes, &offset)
    expect(
        offset >= before && offset <= bytes.count,
        "the offset went from \(before) to \(offset) of \(bytes.count)")
    switch event {
    case .needsMoreBytes:
        expectEqual(offset, bytes.count, "bytes consumed")
        return nil
    case .message(let opcode, let payload):
        expect(opcode == .text || opcode == .binary, "a message with opcode \(opcode)")
        let isValid = UTF8Validator.isValid(payload)
        expectEqual(isValid, ReferenceUTF8.isValid(payload), "validity of UTF-8")
        if opcode == .text, !isValid {
            expect(isWithin(payload, bytes), "collected text that is not UTF-8 was handed out")
            return .violation(CloseCode.invalidPayload.rawValue)
        }
        return .message(isText: opcode == .text, Array(payload))
    case .ping(let payload):
        expect(payload.count <= 125, "a ping of \(payload.count) bytes")
        return .ping(Array(payload))
    case .pong:
        return .pong
    case .close(let code):
        return .close(code?.rawValue)
    case .violation(let code):
        return .violation(code.rawValue)
    }
}

private func isWithin(_ part: UnsafeRawBufferPointer, _ whole: UnsafeMutableRawBufferPointer) -> Bool {
    guard let start = part.baseAddress, let wholeStart = whole.baseAddress else { return true }
    return start >= UnsafeRawPointer(wholeStart)
        && start + part.count <= UnsafeRawPointer(wholeStart + whole.count)
}

/// A decoder that has refused something refuses everything after it. One that only handed out unchecked text
/// has refused nothing yet.
private func expectSticky(
    _ code: UInt16, _ decoder: inout FrameDecoder, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int
) {
    var end = offset
    guard code != CloseCode.invalidPayload.rawValue else { return }
    guard case .violation(let again) = decoder.next(bytes, &end) else {
        fatalError("a decoder that had refused with \(code) went on")
    }
    expectEqual(again.rawValue, code, "second refusal")
}

/// A frame that the server's own header makes, once masked, decodes to what went in.
private func expectRoundTrip(_ opcode: Opcode, _ payload: [UInt8]) {
    let headerLength = FrameHeader.length(forPayload: payload.count)
    var header = [UInt8](repeating: 0, count: headerLength)
    let written = header.withUnsafeMutableBytes {
        FrameHeader.write(opcode, payloadLength: payload.count, to: $0)
    }
    expectEqual(written, headerLength, "header length")
    header[1] |= 0x80
    let key: [UInt8] = [0xA5, 0x01, 0xFF, 0x3C]
    let frame = header + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    let outcome = decode([frame[...]], limit: 65_536)
    expectEqual(outcome.events, [.message(isText: opcode == .text, payload)], "round trip")
}
