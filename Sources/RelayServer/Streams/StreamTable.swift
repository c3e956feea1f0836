/// The stream clients of a loop by handle: places that never move, in pieces that are made as they are needed.
///
/// A handle is a place, 20 bits, and its generation, 12 bits. A handle that outlived its client finds nothing.
struct StreamTable: ~Copyable {
    static let maxCount = 1 << 20
    private static let pieceCount = 256
    private static let indexMask: UInt32 = 0xF_FFFF
    private static let generationShift: UInt32 = 20
    /// Beside a place's generation: there is a client.
    private static let live: UInt32 = 1 << 31

    private var pieces: [UnsafeMutablePointer<StreamClient>] = []
    /// By place: its generation, and `live`.
    private var states: [UInt32] = []
    private var free: [UInt32] = []
    /// How many clients there are.
    var count: Int { states.count - free.count }

    deinit {
        for index in states.indices where states[index] & Self.live != 0 {
            place(index).deinitialize(count: 1)
        }
        for piece in pieces { piece.deallocate() }
    }

    /// The handle that the next ``insert(_:)`` will use; nil if the table is full.
    mutating func nextHandle() -> UInt32? {
        if free.isEmpty { grow() }
        guard let index = free.last else { return nil }
        return states[Int(index)] << Self.generationShift | index
    }

    /// Puts a client into the place of ``nextHandle()``, which must have been called before.
    mutating func insert(_ client: consuming StreamClient) {
        let index = free.removeLast()
        place(Int(index)).initialize(to: client)
        states[Int(index)] |= Self.live
    }

    /// Empties a place; its handle finds nothing from now on.
    mutating func remove(_ handle: UInt32) {
        guard let client = client(handle) else { return }
        let index = handle & Self.indexMask
        client.deinitialize(count: 1)
        states[Int(index)] = (states[Int(index)] &+ 1) & 0xFFF
        free.append(index)
    }

    /// The client, at an address that stays until it is removed; nil if there is none.
    @inline(__always)
    func client(_ handle: UInt32) -> UnsafeMutablePointer<StreamClient>? {
        let index = Int(handle & Self.indexMask)
        guard index < states.count, states[index] == handle >> Self.generationShift | Self.live else {
            return nil
        }
        return place(index)
    }

    /// A handle's place: below `maxCount`, and dense.
    static func index(_ handle: UInt32) -> UInt32 { handle & indexMask }

    /// The client that is in a place now.
    func client(atIndex index: UInt32) -> UnsafeMutablePointer<StreamClient>? {
        let index = Int(index)
        return index < states.count && states[index] & Self.live != 0 ? place(index) : nil
    }

    /// The handles of all clients; for the end.
    var handles: [UInt32] {
        states.indices.filter { states[$0] & Self.live != 0 }
            .map { states[$0] << Self.generationShift | UInt32($0) }
    }

    @inline(__always)
    private func place(_ index: Int) -> UnsafeMutablePointer<StreamClient> {
        pieces[index / Self.pieceCount] + index % Self.pieceCount
    }

    private mutating func grow() {
        let first = states.count
        guard first < Self.maxCount else { return }
        pieces.append(.allocate(capacity: Self.pieceCount))
        states.append(contentsOf: repeatElement(0, count: Self.pieceCount))
        for index in (first..<first + Self.pieceCount).reversed() { free.append(UInt32(index)) }
    }
}
