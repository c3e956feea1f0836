import Foundation
import Glibc

/// A process that has a port open.
struct ProcessFacts: Equatable, Sendable {
    let id: Int32
    /// At most 15 characters, as the kernel keeps it.
    let name: String

    /// `nginx (process 123)`.
    var inWords: String { "\(name) (process \(id))" }

    /// Who listens on a port, at whatever address: nobody, or a process that this user may look into.
    static func owner(of port: UInt16, _ transport: Endpoint.Transport) -> ProcessFacts? {
        var sockets: Set<String> = []
        for table in ["/proc/net/\(transport)", "/proc/net/\(transport)6"] {
            sockets.formUnion(SocketTable.inodes(KernelFile.text(table) ?? "", port: port, transport))
        }
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
    /// The sockets that listen on a port.
    static func inodes(_ table: String, port: UInt16, _ transport: Endpoint.Transport) -> Set<String> {
        Set(rows(table, transport).filter { $0.port == port }.map(\.inode))
    }

    /// How many bound UDP sockets have a port in a range.
    static func count(_ table: String, ports: ClosedRange<UInt16>) -> Int {
        rows(table, .udp).count { ports.contains($0.port) }
    }

    private static func rows(
        _ table: String, _ transport: Endpoint.Transport
    ) -> [(port: UInt16, inode: String)] {
        // TCP_LISTEN; UDP sockets that are not connected are "closed".
        let state = transport == .tcp ? "0A" : "07"
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count > 9, words[3] == state, let colon = words[1].lastIndex(of: ":"),
                let port = UInt16(words[1][words[1].index(after: colon)...], radix: 16)
            else { return nil }
            return (port, String(words[9]))
        }
    }
}
