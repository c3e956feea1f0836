import STUN
import Testing

@Suite("ChannelData")
struct ChannelDataTests {
    @Test("is read when its number begins with 01 and all its data is there")
    func header() {
        let bytes: [UInt8] = [0x40, 0x01, 0x00, 0x03, 1, 2, 3]
        #expect(header(bytes)?.channel == 0x4001)
        #expect(header(bytes)?.byteCount == 3)
        for count in bytes.indices { #expect(header(Array(bytes.prefix(count))) == nil) }
    }

    private func header(_ bytes: [UInt8]) -> ChannelDataHeader? { ChannelDataHeader(bytes.span.bytes) }

    @Test("may be padded on UDP by anything")
    func padding() {
        #expect(header([0x40, 0x01, 0x00, 0x01, 1, 0xFF, 0xFF, 0xFF])?.byteCount == 1)
        #expect(header([0x40, 0x01, 0x00, 0x00, 9, 9, 9, 9, 9])?.byteCount == 0)
    }

    @Test("is told from STUN by its first byte")
    func firstByte() {
        for first in UInt8.min...UInt8.max {
            #expect((header([first, 0, 0, 0]) != nil) == (0x40...0x7F).contains(first))
        }
        #expect(header([0x7F, 0xFF, 0, 0])?.channel == ChannelDataHeader.channels.upperBound)
        #expect(header([0x40, 0x00, 0, 0])?.channel == ChannelDataHeader.channels.lowerBound)
    }

    @Test(
        "is written as it is read",
        arguments: [(0x4000, 0), (0x7FFF, 65_535), (0x4ABC, 1_200)] as [(UInt16, Int)])
    func word(channel: UInt16, byteCount: Int) {
        let written = withUnsafeBytes(of: ChannelDataHeader.word(channel: channel, byteCount: byteCount)) {
            Array($0)
        }
        #expect(written == bigEndian(channel) + bigEndian(UInt16(byteCount)))
        let read = header(written + [UInt8](repeating: 0, count: byteCount))
        #expect(read?.channel == channel)
        #expect(read?.byteCount == byteCount)
    }

    @Test("takes a multiple of four bytes on streams")
    func padded() {
        #expect((0...5).map(ChannelDataHeader.paddedMessageByteCount(dataByteCount:)) == [4, 8, 8, 8, 8, 12])
    }
}
