import Foundation
import GuardedMemory
import JSON
import Testing

/// The offset behind the string whose opening quote is at `start`, found byte by byte (RFC 8259 §7); -1 for what is
/// malformed.
private func expectedStringEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    var index = start + 1
    while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\""):
            return String(validating: bytes[start..<index], as: UTF8.self) == nil ? -1 : index + 1
        case UInt8(ascii: "\\"):
            let escape = String(decoding: bytes[index...].dropFirst().prefix(5), as: Unicode.ASCII.self)
            if escape.prefixMatch(of: /["\\\/bfnrt]/) != nil {
                index += 2
            } else if escape.wholeMatch(of: /u[0-9a-fA-F]{4}/) != nil {
                index += 6
            } else {
                return -1
            }
        case 0..<0x20: return -1
        default: index += 1
        }
    }
    return -1
}

/// The same numbers in every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

@Suite("The end of a string")
struct StringEndTests {
    private let memory = GuardedMemory(byteCount: 65_536)

    /// Compares the scan with the search byte by byte from every quote in the text.
    private func expectSameEnds(_ text: [UInt8]) {
        let starts = text.indices.filter { text[$0] == UInt8(ascii: "\"") }
        let found = memory.withCopyAtEnd(of: text) { bytes in
            JSONScanner(UnsafeRawBufferPointer(bytes)).map { json in starts.map { json.stringEnd($0) } } ?? []
        }
        let expected = starts.map { expectedStringEnd(text, $0) }
        if found != expected { Issue.record("\(text): \(found), not \(expected)") }
    }

    @Test("is found past escapes and characters, or not at all, wherever they stand")
    func everyPlace() {
        let pieces: [[UInt8]] = [
            #"\r\n"#, #"\r"#, #"\n\r"#, #"\r\r\n"#, #"\""#, #"\\"#, #"\u00e9"#, #"\uD83d\uDE00"#, #"\x"#,
            #"\u12g4"#,
            "\\", "é", "€", "😀", "\u{7F}", "\u{1}", "\n",
        ].map { Array($0.utf8) }
        let wrong: [[UInt8]] = [
            [0xC0, 0xAF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
        ]
        for piece in pieces + wrong {
            for before in 0...33 {
                for after in 0...18 {
                    let plain = { (count: Int) in [UInt8](repeating: UInt8(ascii: "a"), count: count) }
                    let string = plain(before) + piece + plain(after)
                    expectSameEnds([UInt8(ascii: "\"")] + string + [UInt8(ascii: "\"")])
                    expectSameEnds([UInt8(ascii: "\"")] + string)
                    expectSameEnds([UInt8(ascii: "\"")] + string.dropLast() + [UInt8(ascii: "\"")])
                }
            }
        }
    }

    @Test("is where a search byte by byte finds it, in texts by chance")
    func chance() {
        var generator = Seeded(state: 1)
        let pieces = [
            "a", "candidate:1 1 udp ", "\"", "\\", #"\r\n"#, #"\u00e9"#, "é", "😀", "\n", "{", ":", ",",
        ].map {
            Array($0.utf8)
        }
        for _ in 0..<4_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...24, using: &generator) {
                text += pieces.randomElement(using: &generator) ?? []
                if Int.random(in: 0..<30, using: &generator) == 0 {
                    text.append(UInt8.random(in: 0...255, using: &generator))
                }
            }
            expectSameEnds(text)
        }
    }

    @Test("is where a search byte by byte finds it, in what the fuzzer begins with and in changes of it")
    func corpus() throws {
        var generator = Seeded(state: 2)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let files = try FileManager.default.contentsOfDirectory(
            at: root.appending(path: "Fuzz/corpus/json-scan"), includingPropertiesForKeys: nil)
        #expect(files.count > 50)
        for file in files {
            let text = Array(try Data(contentsOf: file))
            guard text.count <= 65_536 else { continue }
            expectSameEnds(text)
            for _ in 0..<20 where !text.isEmpty {
                var changed = text
                for _ in 0...2 {
                    let place = Int.random(in: changed.indices, using: &generator)
                    changed[place] = UInt8.random(in: 0...255, using: &generator)
                }
                expectSameEnds(changed)
            }
        }
    }
}
