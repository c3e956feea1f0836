/// The input of a run as a script: bytes taken one after the other, zeros when it has ended.
struct Script {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var hasEnded: Bool { place >= bytes.count }

    mutating func byte() -> UInt8 {
        guard place < bytes.count else { return 0 }
        place += 1
        return bytes[place - 1]
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    /// One of some things.
    mutating func choice<Element>(_ elements: [Element]) -> Element { elements[Int(byte()) % elements.count] }
}
