import STUN

/// Fuzzes the stream framer. Of the input the first byte chooses the size limit, the second how the bytes are cut
/// into pieces, and the rest comes from the wire.
///
/// What must hold: however the bytes are cut, the frames are those of the reference, and so is the byte at which a
/// stream is refused; a length once told is kept.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStreamFramer(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard count >= 2 else { return 0 }
    let limits = [24, 100, 1500, StreamFramer.maxMessageBytes]
    let limit = limits[Int(input[0]) % limits.count]
    let wire = Array(input[2...])
    let reference = ReferenceStream(wire, limit: limit)

    let inBytes = frames(wire, limit: limit) { _ in 1 }
    expectEqual(inBytes.frames, reference.frames, "frames byte by byte")
    expectEqual(inBytes.consumed, reference.consumed, "bytes consumed")
    expectEqual(inBytes.refusedAfter, reference.refusedAfter, "byte that was refused")

    var state = UInt32(input[1])
    let inPieces = frames(wire, limit: limit) { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Int(state >> 26) + 1
    }
    let atOnce = frames(wire, limit: limit) { $0 }
    for outcome in [inPieces, atOnce] {
        expectEqual(outcome.frames, reference.frames, "frames in pieces")
        expectEqual(outcome.consumed, reference.consumed, "bytes consumed in pieces")
        expectEqual(outcome.refusedAfter != nil, reference.refusedAfter != nil, "refusal in pieces")
    }
    return 0
}

struct Outcome {
    var frames: [StreamFramer.Frame] = []
    /// Bytes of all frames together.
    var consumed = 0
    /// How many bytes had come when the stream was refused.
    var refusedAfter: Int?
}

/// Feeds the bytes piece by piece; a function says how many of the rest are next.
private func frames(_ wire: [UInt8], limit: Int, _ next: (Int) -> Int) -> Outcome {
    let framer = StreamFramer(maxBytes: limit)
    var outcome = Outcome()
    var told: Int?
    var arrived = 0
    while arrived < wire.count {
        arrived += min(next(wire.count - arrived), wire.count - arrived)
        reading: while true {
            let frame = withExactCopy(of: wire[outcome.consumed..<arrived], shift: arrived % 8) {
                framer.next(UnsafeRawBufferPointer($0).bytes)
            }
            let there = arrived - outcome.consumed
            switch frame {
            case .needMore(let byteCount):
                if let byteCount { expect(byteCount > there && byteCount <= limit, "waits for \(byteCount)") }
                if let told { expectEqual(byteCount, told, "length of one message") }
                told = byteCount
                break reading
            case .message(let byteCount), .channelData(_, let byteCount):
                expect(byteCount > 0 && byteCount <= there, "a frame of \(byteCount) bytes")
                if let told { expectEqual(byteCount, told, "length of one message") }
                told = nil
                outcome.frames.append(frame)
                outcome.consumed += byteCount
            case .malformed:
                outcome.refusedAfter = arrived
                return outcome
            }
        }
    }
    return outcome
}
