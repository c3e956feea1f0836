import Glibc

/// The PROXY protocol's text for a whole header at once, with the C library to read addresses.
struct ReferenceHeader: Equatable {
    /// Address as the C library writes it, and port; nil where none is told.
    var source: String?
    var destination: String?
    var byteCount: Int

    /// - Returns: nil if the bytes are not a header, whatever may follow them.
    init?(_ bytes: [UInt8]) {
        let signature: [UInt8] = [
            0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
        ]
        if bytes.starts(with: signature) {
            self.init(binary: bytes)
        } else {
            self.init(line: bytes)
        }
    }

    /// §2.1.
    private init?(line bytes: [UInt8]) {
        var text: [UInt8] = []
        for byte in bytes.prefix(107) {
            text.append(byte)
            if text.suffix(2) == [13, 10] { break }
        }
        guard text.suffix(2) == [13, 10] else { return nil }
        byteCount = text.count
        let line = String(decoding: text.dropLast(2), as: UTF8.self)
        if line == "PROXY UNKNOWN" || line.hasPrefix("PROXY UNKNOWN ") { return }
        var words: [String] = [""]
        for character in line.unicodeScalars {
            if character == " " {
                words.append("")
            } else {
                words[words.count - 1].unicodeScalars.append(character)
            }
        }
        guard words.count == 6, words[0] == "PROXY" else { return nil }
        let family: Int32
        switch words[1] {
        case "TCP4": family = AF_INET
        case "TCP6": family = AF_INET6
        default: return nil
        }
        guard let source = Self.read(words[2], family), let sourcePort = Self.port(words[4]),
            let destination = Self.read(words[3], family), let destinationPort = Self.port(words[5])
        else { return nil }
        self.source = Self.text(source, sourcePort)
        self.destination = Self.text(destination, destinationPort)
    }

    /// §2.2.
    private init?(binary bytes: [UInt8]) {
        guard bytes.count >= 16 else { return nil }
        let length = Int(bytes[14]) * 256 + Int(bytes[15])
        guard bytes[12] >> 4 == 2, length <= 520, bytes.count >= 16 + length else { return nil }
        byteCount = 16 + length
        if bytes[12] & 0xF == 0 { return }
        guard bytes[12] & 0xF == 1 else { return nil }
        let (family, transport) = (bytes[13] >> 4, bytes[13] & 0xF)
        let sizes = [0, 12, 36, 216]
        guard family <= 3, transport <= 2, (family == 0) == (transport == 0), length >= sizes[Int(family)]
        else {
            return nil
        }
        guard transport == 1, family == 1 || family == 2 else { return }
        let width = family == 1 ? 4 : 16
        func address(_ place: Int, _ port: Int) -> String {
            Self.text(
                Array(bytes[place..<place + width]), UInt16(bytes[port]) << 8 | UInt16(bytes[port + 1]))
        }
        source = address(16, 16 + 2 * width)
        destination = address(16 + width, 18 + 2 * width)
    }

    private static func read(_ text: String, _ family: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
        guard !text.utf8.contains(0), inet_pton(family, text, &bytes) == 1 else { return nil }
        return bytes
    }

    private static func port(_ text: String) -> UInt16? {
        guard let number = UInt16(text), String(number) == text else { return nil }
        return number
    }

    static func text(_ bytes: [UInt8], _ port: UInt16) -> String {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]
        let bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
        return bytes.map { String($0) }.joined(separator: ".") + " \(port)"
    }
}
