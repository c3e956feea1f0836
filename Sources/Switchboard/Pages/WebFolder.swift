import Crypto
import Foundation
import WebServer

/// The folder with the pages and the client module, read and compressed once at the start.
struct WebFolder {
    /// Larger files, and more of them, are not pages of ours.
    private static let maxFileBytes = 4_194_304
    private static let maxFiles = 256

    /// By the end of a file's name. A file with another end is not served.
    private static let contentTypes = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "txt": "text/plain; charset=utf-8",
    ]

    /// Reads all files below a folder.
    static func read(_ folder: String) throws(UsageError) -> WebPages {
        let root = URL(filePath: folder, directoryHint: .isDirectory)
        guard let names = FileManager.default.enumerator(atPath: folder) else { throw unreadable(folder) }
        var files: [String: WebFile] = [:]
        for case let name as String in names {
            guard let type = contentTypes[URL(filePath: name).pathExtension], !name.split(separator: "/").contains(where: { $0.hasPrefix(".") })
            else { continue }
            guard files.count < maxFiles, let data = try? Data(contentsOf: root.appending(path: name)), data.count <= maxFileBytes
            else { throw unreadable(folder) }
            files[name] = file(type, Array(data))
        }
        guard files["demo/index.html"] != nil else { throw unreadable(folder) }
        return WebPages(files: files)
    }

    private static func file(_ type: String, _ content: [UInt8]) -> WebFile {
        let tag = SHA256.hash(data: content).prefix(12).map { String(format: "%02x", $0) }.joined()
        let compressed = Gzip.compress(content)
        let isShorter = (compressed?.count ?? .max) < content.count
        return WebFile(contentType: type, tag: tag, content: content, compressed: isShorter ? compressed : nil)
    }

    private static func unreadable(_ folder: String) -> UsageError {
        UsageError("WEB_ROOT \(folder.quoted) is not a folder with Switchboard's pages; --no-web serves none")
    }
}
