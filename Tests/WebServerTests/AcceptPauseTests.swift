import Glibc
import Testing

@testable import WebServer

@Suite("Rests of a listener")
struct AcceptPauseTests {
    /// Whether each of these failures, one after the other, begins a rest; nil ends the rest before.
    private func rests(_ story: Int32?...) -> [Bool] {
        var pause = AcceptPause()
        return story.compactMap { errorNumber in
            guard let errorNumber else {
                pause.end()
                return nil
            }
            return pause.acceptFailed(errorNumber)
        }
    }

    @Test(
        "A listener rests when descriptors or memory run out", arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func exhausted(errorNumber: Int32) {
        #expect(rests(errorNumber) == [true])
    }

    @Test("An error of one connection is no reason to rest", arguments: [ECONNABORTED, EINTR, EPROTO, EPERM])
    func others(errorNumber: Int32) {
        #expect(rests(errorNumber, EMFILE) == [false, true])
    }

    @Test("One rest at a time; after it the next failure begins another")
    func story() {
        #expect(rests(EMFILE, EMFILE, ECONNABORTED, nil, EMFILE) == [true, false, false, true])
    }
}
