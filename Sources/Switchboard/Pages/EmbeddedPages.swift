import CWebFiles
import Crypto
import WebAPI

/// The pages and the client module, which lie in the binary: compressed and tagged when they are loaded.
enum EmbeddedPages {
    /// By the end of a file's name. A file with another end would not be served.
    private static let contentTypes = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
    ]
    /// Bytes of a file's hash that name its content.
    private static let tagBytes = 12

    /// All files by their path below `web/`.
    static func load(networkOrigin: NetworkOrigin) -> WebPages {
        var files: [String: WebFile] = [:]
        for place in 0..<web_file_count() {
            guard let file = web_file_at(place)?.pointee else { continue }
            let path = String(cString: file.path)
            guard let type = contentType(path) else { continue }
            files[path] = Self.file(
                type, Array(UnsafeBufferPointer(start: file.bytes, count: file.byte_count)))
        }
        return WebPages(files: files, networkOrigin: { networkOrigin.current })
    }

    private static func contentType(_ path: String) -> String? {
        path.split(separator: ".").last.flatMap { contentTypes[String($0)] }
    }

    private static func file(_ type: String, _ content: [UInt8]) -> WebFile {
        let hash = SHA256.hash(data: content)
        let tag = hash.prefix(tagBytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let compressed = Gzip.compress(content).flatMap { $0.count < content.count ? $0 : nil }
        return WebFile(contentType: type, tag: tag.joined(), content: content, compressed: compressed)
    }
}
