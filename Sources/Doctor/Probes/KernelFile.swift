import Foundation
import Glibc
import OperatorText

/// Reads the small files in which the kernel tells about itself.
package enum KernelFile {
    /// Longer ones are cut.
    private static let maxBytes = 1 << 20

    /// A file's text without white space at its ends; nil if there is none or it cannot be read.
    static func text(_ path: String) -> String? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: maxBytes) else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingSpaces
    }

    /// Processors that are online.
    package static func processors() -> Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
}

/// Limits of open files.
enum OpenFiles {
    /// What this process may raise its own limit to; nil if the kernel does not tell.
    static func hardLimit() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_max)
    }

    /// The limit that holds in another process.
    static func limit(of process: Int32) -> Int? {
        guard let text = KernelFile.text("/proc/\(process)/limits") else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        guard let words = line?.split(separator: " "), words.count > 3 else { return nil }
        return words[3] == "unlimited" ? .max : Int(words[3])
    }
}

/// The buffers that the kernel gives a UDP socket.
enum SocketBuffers {
    /// What a socket gets that asks for as much as the relay's listeners do; nil if none can be made.
    static func measure() -> (receive: Int, send: Int)? {
        let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        return (given(socket, SO_RCVBUF), given(socket, SO_SNDBUF))
    }

    private static func given(_ socket: Int32, _ option: Int32) -> Int {
        var value = Int32(clamping: BuffersCheck.wantedBytes)
        var size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(socket, SOL_SOCKET, option, &value, size)
        getsockopt(socket, SOL_SOCKET, option, &value, &size)
        // The kernel doubles what was asked for, for its own bookkeeping (socket(7)).
        return Int(value) / 2
    }
}
