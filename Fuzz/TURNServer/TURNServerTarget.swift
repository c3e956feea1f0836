import TURN

/// Fuzzes the TURN server's rules with two loops and five clients. The first byte of the input says whether all is
/// modelled: if so every answer and verdict is what `Model` expects; if not, anything may be sent, signed too, and
/// only what must always hold is checked. The rest is a script of events.
///
/// What must always hold: answers are messages that fit their requests, small where nobody has proved anything; sockets,
/// tables and quotas agree; when all has ended, nothing is held any more.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTURNServer(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var script = Script(UnsafeBufferPointer(start: start, count: count))
    let isModelled = script.byte() & 1 == 0
    var play = Play(seed: UInt64(script.byte()), isModelled: isModelled)
    var events = 0
    // What takes long finds little: most scripts are shorter.
    while !script.hasEnded, events < 200 {
        play.event(&script)
        play.expectConsistency()
        events += 1
    }
    play.end()
    return 0
}
