/// Blocks of memory, in a few sizes, for clients' bytes that wait. Used blocks are kept for the next client.
///
/// A client holds a block only while something waits: part of a message, or what its socket did not take. So in
/// steady traffic nothing is allocated, and an idle client costs nothing here.
@usableFromInline
package struct StreamMemory: ~Copyable {
    /// A piece of memory of one of the sizes. Its user gives it back to the ``StreamMemory`` it came from.
    @usableFromInline
    package struct Block: BitwiseCopyable {
        @usableFromInline package let start: UnsafeMutableRawPointer
        @usableFromInline package let capacity: Int
        @usableFromInline let size: UInt8

        @inlinable
        init(start: UnsafeMutableRawPointer, capacity: Int, size: UInt8) {
            self.start = start
            self.capacity = capacity
            self.size = size
        }
    }

    /// A few packets; the messages of a turn; the longest message; and what an outbox may hold at most.
    private static let capacities: [4 of Int] = [2 << 10, 16 << 10, 80 << 10, 0]
    /// How many unused blocks of each size are kept; together below 3 MB a loop.
    @inlinable static var kept: [4 of Int] { [256, 64, 8, 2] }

    @usableFromInline let capacities: [4 of Int]
    @usableFromInline var unused: [[Block]] = [[], [], [], []]
    /// Bytes of the blocks that are taken.
    @usableFromInline package var usedByteCount = 0

    /// - Parameter largestBytes: no block is ever asked to hold more.
    package init(largestBytes: Int) {
        var capacities = Self.capacities
        capacities[3] = max(largestBytes, Self.capacities[2])
        self.capacities = capacities
        for index in unused.indices { unused[index].reserveCapacity(Self.kept[index]) }
    }

    deinit {
        for blocks in unused {
            for block in blocks { block.start.deallocate() }
        }
    }

    /// A block of at least so many bytes; nil beyond the largest size.
    @inlinable
    package mutating func take(_ byteCount: Int) -> Block? {
        var size = 0
        while size < 4, capacities[size] < byteCount { size += 1 }
        guard size < 4 else { return nil }
        usedByteCount &+= capacities[size]
        if let block = unused[size].popLast() { return block }
        return Block(
            start: .allocate(byteCount: capacities[size], alignment: 16), capacity: capacities[size],
            size: UInt8(size))
    }

    /// Frees a block without keeping it.
    package static func discard(_ block: Block) { block.start.deallocate() }

    /// Gives a block back.
    @inlinable
    package mutating func give(_ block: Block) {
        let size = Int(block.size)
        usedByteCount &-= block.capacity
        if unused[size].count < Self.kept[size] {
            unused[size].append(block)
        } else {
            block.start.deallocate()
        }
    }
}
