import Testing

@testable import Loops

/// Says when it is destroyed.
private final class Ends {
    var count = 0
}

private struct Client: ~Copyable {
    let name: Int
    let ends: Ends

    deinit { ends.count += 1 }
}

@Suite struct StreamTableTests {
    private let ends = Ends()

    private func add(_ name: Int, to table: inout StreamTable<Client>) -> UInt32? {
        guard let handle = table.nextHandle() else { return nil }
        table.insert(Client(name: name, ends: ends))
        return handle
    }

    @Test func `A handle finds its client, and nothing once the client is removed`() throws {
        var table = StreamTable<Client>()
        let first = try #require(add(1, to: &table))
        let second = try #require(add(2, to: &table))
        #expect(table.client(first)?.pointee.name == 1)
        #expect(table.client(second)?.pointee.name == 2)
        table.remove(first)
        #expect(table.client(first) == nil)
        #expect(table.count == 1)
        #expect(ends.count == 1)
    }

    @Test func `A place that is used again has another handle`() throws {
        var table = StreamTable<Client>()
        let first = try #require(add(1, to: &table))
        table.remove(first)
        let second = try #require(add(2, to: &table))
        #expect(StreamHandle.index(first) == StreamHandle.index(second))
        #expect(table.client(first) == nil)
        #expect(table.client(second)?.pointee.name == 2)
        #expect(table.client(atIndex: StreamHandle.index(first))?.pointee.name == 2)
    }

    @Test func `A client that is taken out lives on, and its place is free`() throws {
        var table = StreamTable<Client>()
        let handle = try #require(add(7, to: &table))
        do {
            let taken = table.take(handle)
            #expect(ends.count == 0)
            #expect(table.count == 0)
            if let client = taken { #expect(client.name == 7) }
        }
        #expect(ends.count == 1)
        let isTakenTwice = table.take(handle) != nil
        #expect(!isTakenTwice)
    }

    @Test func `Clients keep their addresses while the table grows, and end with it`() throws {
        do {
            var table = StreamTable<Client>()
            let first = try #require(add(0, to: &table))
            let place = table.client(first).map { UInt(bitPattern: $0) }
            for name in 1..<1_000 { _ = add(name, to: &table) }
            #expect(table.client(first).map { UInt(bitPattern: $0) } == place)
            #expect(table.handles.count == 1_000)
            #expect(table.handles.allSatisfy { table.client($0) != nil })
        }
        #expect(ends.count == 1_000)
    }

    @Test func `A handle that nobody was given finds nothing`() {
        let table = StreamTable<Client>()
        for handle: UInt32 in [0, 1, 255, 256, .max] { #expect(table.client(handle) == nil) }
        #expect(table.client(atIndex: .max) == nil)
    }
}
