import Pairing
import Testing

@Suite struct RoomIDTests {
    /// Counts up, so that a test knows every drawn bit.
    private struct Counter: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 {
            defer { value &+= 1 }
            return value
        }
    }

    @Test("A drawn id is the generator's 192 bits as 48 lowercase hexadecimal digits")
    func drawn() {
        var generator = Counter(value: 0x0123_4567_89AB_CDEF)
        let id = RoomID.random(using: &generator)
        #expect(id.rawValue == "0123456789abcdef0123456789abcdf00123456789abcdf1")
        #expect(RoomID(id.description) == id)
    }

    @Test("Ten thousand ids drawn from the system's source differ")
    func distinct() {
        var generator = SystemRandomNumberGenerator()
        let ids = Set((0..<10_000).map { _ in RoomID.random(using: &generator) })
        #expect(ids.count == 10_000)
        #expect(ids.allSatisfy { $0.rawValue.utf8.count == 48 })
    }

    @Test("An id of the original backend need not be hexadecimal")
    func foreign() {
        #expect(RoomID("room one")?.rawValue == "room one")
    }
}
