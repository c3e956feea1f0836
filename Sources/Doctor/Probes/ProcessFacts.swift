import Addresses
import Foundation
import Glibc

/// A process that has a port open.
struct ProcessFacts: Equatable, Sendable {
    let id: Int32
    /// At most 15 characters, as the kernel keeps it.
    let name: String

    /// `nginx (process 123)`.
    var inWords: String { "\(name) (process \(id))" }

    /// The process that has the port of an endpoint; nil if there is none, or if this user may not look into it.
    static func owner(of endpoint: Endpoint) -> ProcessFacts? {
        let tables = ["", "6"].compactMap { KernelFile.text("/proc/net/\(endpoint.transport)\($0)") }
        let sockets = SocketTable.inodes(tables, excluding: endpoint)
        guard !sockets.isEmpty else { return nil }
        let wanted = Set(sockets.map { "socket:[\($0)]" })
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = Int32(name), has(id, one: wanted) else { continue }
            return ProcessFacts(id: id, name: KernelFile.text("/proc/\(id)/comm") ?? "?")
        }
        return nil
    }

    private static func has(_ id: Int32, one wanted: Set<String>) -> Bool {
        let folder = "/proc/\(id)/fd"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.contains { file in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(file)")).map(
                wanted.contains)
                ?? false
        }
    }
}

/// The kernel's tables of sockets (proc_net(5)).
enum SocketTable {
    /// The sockets that listen where an endpoint would: at its very address, or else at one that overlaps with it.
    static func inodes(_ tables: [String], excluding endpoint: Endpoint) -> Set<String> {
        let taken = tables.flatMap { rows($0, endpoint.transport) }.filter { $0.endpoint.excludes(endpoint) }
        let same = taken.filter { $0.endpoint.address == endpoint.address }
        return Set((same.isEmpty ? taken : same).map(\.inode))
    }

    /// How many bound UDP sockets have a port in a range.
    static func count(_ table: String, ports: ClosedRange<UInt16>) -> Int {
        rows(table, .udp).count { ports.contains($0.endpoint.address.port) }
    }

    private static func rows(
        _ table: String, _ transport: Endpoint.Transport
    ) -> [(endpoint: Endpoint, inode: String)] {
        // TCP_LISTEN; UDP sockets that are not connected are "closed".
        let state = transport == .tcp ? "0A" : "07"
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count > 9, words[3] == state, let local = address(words[1]) else { return nil }
            // The table does not tell whether a socket of IPv6 takes IPv4 too; it may.
            let endpoint = Endpoint(address: local, transport: transport, isDualStack: local.family == .ipv6)
            return (endpoint, String(words[9]))
        }
    }

    /// `0100007F:1F90` is 127.0.0.1:8080: words of 32 bits as they lie in memory, and a port.
    private static func address(_ text: Substring) -> TransportAddress? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, parts[0].utf8.count % 8 == 0, let port = UInt16(parts[1], radix: 16) else {
            return nil
        }
        var digits = parts[0]
        var words: [UInt32] = []
        while !digits.isEmpty {
            guard let word = UInt32(digits.prefix(8), radix: 16) else { return nil }
            words.append(UInt32(bigEndian: word))
            digits = digits.dropFirst(8)
        }
        func pair(_ high: UInt32, _ low: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
        return switch words.count {
        case 1: TransportAddress(IPAddress(v4: words[0]), port: port)
        case 4:
            TransportAddress(
                IPAddress(v6High: pair(words[0], words[1]), low: pair(words[2], words[3])), port: port)
        default: nil
        }
    }
}
