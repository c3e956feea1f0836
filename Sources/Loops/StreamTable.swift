/// The handle of an entry of a ``StreamTable``: its place, 20 bits, and the place's generation, 12 bits. A handle that
/// outlived its entry finds nothing.
@usableFromInline
package enum StreamHandle {
    /// The most entries of a table.
    @inlinable package static var maxCount: Int { 1 << 20 }
    @inlinable static var indexMask: UInt32 { 0xF_FFFF }
    @inlinable static var generationShift: UInt32 { 20 }

    /// A handle's place: below `maxCount`, and dense.
    @inlinable
    package static func index(_ handle: UInt32) -> UInt32 { handle & indexMask }
}

/// The clients of a loop by handle: places that never move, in pieces that are made as they are needed.
///
/// Addresses of clients are good until the client is removed. A place is used again last-in first-out, often within
/// the same turn, which is what the generation is for.
@usableFromInline
package struct StreamTable<Client: ~Copyable>: ~Copyable {
    @inlinable static var pieceCount: Int { 256 }
    /// Beside a place's generation: there is a client.
    @inlinable static var live: UInt32 { 1 << 31 }

    @usableFromInline var pieces: [UnsafeMutablePointer<Client>] = []
    /// By place: its generation, and `live`.
    @usableFromInline var states: [UInt32] = []
    @usableFromInline var free: [UInt32] = []

    /// A table without clients.
    @inlinable
    package init() {}

    /// How many clients there are.
    @inlinable package var count: Int { states.count - free.count }

    @inlinable
    deinit {
        for index in states.indices where states[index] & Self.live != 0 {
            place(index).deinitialize(count: 1)
        }
        for piece in pieces { piece.deallocate() }
    }

    /// The handle that the next ``insert(_:)`` will use; nil if the table is full.
    @inlinable
    package mutating func nextHandle() -> UInt32? {
        if free.isEmpty { grow() }
        guard let index = free.last else { return nil }
        return states[Int(index)] << StreamHandle.generationShift | index
    }

    /// Puts a client into the place of ``nextHandle()``, which must have been called before.
    @inlinable
    package mutating func insert(_ client: consuming Client) {
        let index = free.removeLast()
        place(Int(index)).initialize(to: client)
        states[Int(index)] |= Self.live
    }

    /// Empties a place; its handle finds nothing from now on.
    @inlinable
    package mutating func remove(_ handle: UInt32) {
        guard let client = client(handle) else { return }
        client.deinitialize(count: 1)
        vacate(handle)
    }

    /// Takes a client out, to be put into another table; nil if there is none.
    @inlinable
    package mutating func take(_ handle: UInt32) -> Client? {
        guard let client = client(handle) else { return nil }
        vacate(handle)
        return client.move()
    }

    /// The client, at an address that stays until it is removed; nil if there is none.
    @inlinable
    @inline(__always)
    package func client(_ handle: UInt32) -> UnsafeMutablePointer<Client>? {
        let index = Int(handle & StreamHandle.indexMask)
        guard index < states.count, states[index] == handle >> StreamHandle.generationShift | Self.live else {
            return nil
        }
        return place(index)
    }

    /// The client that is in a place now.
    @inlinable
    package func client(atIndex index: UInt32) -> UnsafeMutablePointer<Client>? {
        let index = Int(index)
        return index < states.count && states[index] & Self.live != 0 ? place(index) : nil
    }

    /// The handles of all clients; for rare occasions.
    @inlinable package var handles: [UInt32] {
        states.indices.filter { states[$0] & Self.live != 0 }
            .map { states[$0] << StreamHandle.generationShift | UInt32($0) }
    }

    /// The place of a handle becomes free, with another generation. Its client has been moved or destroyed.
    @inlinable
    mutating func vacate(_ handle: UInt32) {
        let index = handle & StreamHandle.indexMask
        states[Int(index)] = (states[Int(index)] &+ 1) & 0xFFF
        free.append(index)
    }

    @inlinable
    @inline(__always)
    func place(_ index: Int) -> UnsafeMutablePointer<Client> {
        pieces[index / Self.pieceCount] + index % Self.pieceCount
    }

    @inlinable
    mutating func grow() {
        let first = states.count
        guard first < StreamHandle.maxCount else { return }
        pieces.append(.allocate(capacity: Self.pieceCount))
        states.append(contentsOf: repeatElement(0, count: Self.pieceCount))
        for index in (first..<first + Self.pieceCount).reversed() { free.append(UInt32(index)) }
    }
}
