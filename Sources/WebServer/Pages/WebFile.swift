package import HTTPTypes
import Hummingbird
import NIOCore

/// A file of the web pages, ready to be sent: as it is and compressed, with the tag that names its content.
package struct WebFile: Sendable {
    private let contentType: String
    private let plain: ByteBuffer
    private let compressed: ByteBuffer?
    /// A strong entity tag (RFC 9110 §8.8.3) with its quotes.
    private let tag: String

    /// - Parameters:
    ///   - tag: letters and digits that change with the content.
    ///   - compressed: the content by gzip; nil if that is no shorter.
    package init(contentType: String, tag: String, content: [UInt8], compressed: [UInt8]?) {
        self.contentType = contentType
        plain = ByteBuffer(bytes: content)
        self.compressed = compressed.map { ByteBuffer(bytes: $0) }
        self.tag = tag
    }

    /// The answer to a GET or HEAD: 304 if the client has this content already.
    func answer(to headers: HTTPFields) -> Response {
        let isCompressed = compressed != nil && Self.acceptsGzip(headers)
        let tag = isCompressed ? "\"\(tag)-gzip\"" : "\"\(tag)\""
        var fields: HTTPFields = [.eTag: tag, .cacheControl: "no-cache", .vary: "Accept-Encoding"]
        if Self.names(headers[values: .ifNoneMatch], tag) { return Response(status: .notModified, headers: fields) }
        fields[.contentType] = contentType
        if isCompressed { fields[.contentEncoding] = "gzip" }
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody(byteBuffer: isCompressed ? compressed ?? plain : plain))
    }

    /// Whether gzip is listed and not refused (RFC 9110 §12.5.3).
    private static func acceptsGzip(_ headers: HTTPFields) -> Bool {
        for line in headers[values: .acceptEncoding] {
            for coding in line.split(separator: ",") {
                let parts = coding.split(separator: ";", maxSplits: 1)
                guard let name = parts.first?.trimmingOptionalWhitespace().lowercased(), name == "gzip" else { continue }
                let weight = parts.dropFirst().first?.filter { $0 != " " } ?? "q=1"
                return !(weight.hasPrefix("q=0") && weight.dropFirst(3).allSatisfy { $0 == "0" || $0 == "." })
            }
        }
        return false
    }

    /// Weak comparison with any of the tags (RFC 9110 §13.1.2).
    private static func names(_ lines: [String], _ tag: String) -> Bool {
        lines.contains { line in
            line.split(separator: ",").contains { element in
                let candidate = element.trimmingOptionalWhitespace()
                return candidate == "*" || candidate == tag || candidate == "W/\(tag)"
            }
        }
    }
}
