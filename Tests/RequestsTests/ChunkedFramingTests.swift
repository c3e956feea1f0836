import Testing

@testable import Requests

@Suite("The end of a chunked body")
struct ChunkedFramingTests {
    private func end(of text: String, pieces: Int) -> ChunkedFraming.Progress {
        var framing = ChunkedFraming()
        let bytes = Array(text.utf8)
        var consumed = 0
        while consumed < bytes.count {
            let piece = bytes[consumed..<min(bytes.count, consumed + pieces)]
            switch Array(piece).withUnsafeBytes({ framing.consume($0) }) {
            case .continues: consumed += piece.count
            case .ends(let count): return .ends(after: consumed + count)
            case .malformed: return .malformed
            }
        }
        return .continues
    }

    @Test(
        "is found whole and byte by byte, with extensions and trailers",
        arguments: [
            "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "A;name=value\r\n0123456789\r\n00\r\n\r\n",
            "1\r\n\r\r\n1\r\n\n\r\n0\r\nTrailer: 1\r\nOther: 2\r\n\r\n",
            "10\r\n0\r\n\r\n0\r\n\r\n0\r\n\r\n1\r\n0\r\n\r\n",
        ])
    func found(body: String) {
        for pieces in [1, 2, 3, 7, 1_000] {
            #expect(end(of: body + "GET / HTTP/1.1\r\n", pieces: pieces) == .ends(after: body.utf8.count))
            #expect(end(of: String(body.dropLast()), pieces: pieces) == .continues)
        }
    }

    @Test(
        "is not looked for in what a decoder could read differently",
        arguments: [
            "\r\n", "x\r\n", "5\nhello\r\n", "5\r\nhello0\r\n", "5\r\nhello\n0\r\n", " 5\r\n", "5 \r\nhello",
            "-1\r\n", "123456789\r\n",
            "0\r\nTrailer: 1\n\r\n", "1;a\nx\r\n", "1;" + String(repeating: "a", count: 5_000) + "\r\n",
        ])
    func malformed(body: String) {
        #expect(end(of: body, pieces: 1) == .malformed)
        #expect(end(of: body, pieces: 1_000) == .malformed)
    }
}
