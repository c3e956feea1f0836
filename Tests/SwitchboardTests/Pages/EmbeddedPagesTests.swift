import CWebFiles
import Foundation
import Testing

@testable import Switchboard

@Suite("The files of web/ in the binary")
struct EmbeddedPagesTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "web")
    /// For people and their editors only.
    private static let kept: Set = ["jsconfig.json", "package.json"]

    private static var embedded: [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for place in 0..<web_file_count() {
            guard let file = web_file_at(place)?.pointee else { continue }
            files[String(cString: file.path)] = Array(
                UnsafeBufferPointer(start: file.bytes, count: file.byte_count))
        }
        return files
    }

    @Test("Every file of the folder is there, as it is, and nothing else is")
    func complete() throws {
        let names = try #require(FileManager.default.enumerator(atPath: Self.folder.path))
        var files: [String: [UInt8]] = [:]
        for case let name as String in names where !Self.kept.contains(name) {
            let path = Self.folder.appending(path: name)
            if try path.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true { continue }
            files[name] = try Array(Data(contentsOf: path))
        }
        #expect(Self.embedded.keys.sorted() == files.keys.sorted())
        for (name, content) in files {
            #expect(Self.embedded[name] == content, "\(name) in CWebFiles.c is another one")
        }
    }

    @Test("gzip gives back what it took, and less than it took")
    func compression() async throws {
        let content = Array(String(repeating: "the same again and ", count: 1_000).utf8)
        let packed = try #require(Gzip.compress(content))
        #expect(packed.count < content.count / 20)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(packed))
        try input.fileHandleForWriting.close()
        let unpacked = try output.fileHandleForReading.readToEnd()
        process.waitUntilExit()
        #expect(unpacked == Data(content))
    }
}
