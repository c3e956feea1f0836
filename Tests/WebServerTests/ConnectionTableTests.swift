import Addresses
import TestSupport
import Testing
import Timing

@testable import WebServer

@Suite("The connection table")
struct ConnectionTableTests {
    private func table() -> ConnectionTable {
        var limits = ConnectionLimits()
        limits.maxConnections = 3
        limits.maxConnectionsPerAddress = 2
        limits.connectionsPerMinute = 4
        return ConnectionTable(limits: limits)
    }

    private func at(_ seconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds) * 1_000_000_000)
    }

    @Test("bounds connections in all")
    func total() {
        let table = table()
        #expect(table.opened())
        #expect(table.opened())
        #expect(table.opened())
        #expect(!table.opened())
        #expect(table.count == 3)
        table.closed()
        #expect(table.opened())
    }

    @Test("bounds an address's connections and how fast it opens them, and no other's")
    func perAddress() {
        let table = table()
        let key = AddressKey.v4(1)
        #expect(table.take(key, at: at(100)) == nil)
        #expect(table.take(key, at: at(100)) == nil)
        #expect(table.take(key, at: at(100)) == .address)
        table.release(key)
        #expect(table.take(key, at: at(100)) == nil)
        table.release(key)
        #expect(table.take(key, at: at(100)) == nil)
        table.release(key)
        #expect(table.take(key, at: at(100)) == .rate)
        #expect(table.take(.v4(2), at: at(100)) == nil)
        #expect(table.take(key, at: at(116)) == nil)
        #expect(table.take(key, at: at(300)) == .address)
    }
}
