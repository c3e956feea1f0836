import HTTPTypes
import HummingbirdCore
import NIOCore
import Requests

/// A file of the web pages, ready to be sent: as it is and compressed, with the tag that names its content.
package struct WebFile: Sendable {
    private let contentType: String
    private let plain: ByteBuffer
    private let compressed: ByteBuffer?
    private let tag: String

    /// - Parameters:
    ///   - tag: letters and digits that change with the content; the strong entity tag (RFC 9110 §8.8.3) is made
    ///     from it.
    ///   - compressed: the content by gzip; nil if that is no shorter.
    package init(contentType: String, tag: String, content: [UInt8], compressed: [UInt8]?) {
        self.contentType = contentType
        plain = ByteBuffer(bytes: content)
        self.compressed = compressed.map { ByteBuffer(bytes: $0) }
        self.tag = tag
    }

    /// The answer to a GET or HEAD: 304 if the client has this content already.
    func answer(to headers: HTTPFields) -> Response {
        let packed = headers.acceptsGzip ? compressed : nil
        let tag = packed == nil ? "\"\(tag)\"" : "\"\(tag)-gzip\""
        var fields: HTTPFields = [.eTag: tag, .cacheControl: "no-cache", .vary: "Accept-Encoding"]
        if headers.ifNoneMatchNames(tag) { return Response(status: .notModified, headers: fields) }
        fields[.contentType] = contentType
        if packed != nil { fields[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: packed ?? plain))
    }
}

extension HTTPFields {
    /// Whether gzip is listed and not refused (RFC 9110 §12.5.3).
    fileprivate var acceptsGzip: Bool {
        weight(of: "gzip", in: .acceptEncoding).map { $0 > 0 } ?? false
    }

    /// Whether the request accepts HTML by name, as a browser does when it opens a page.
    var asksForHTML: Bool {
        weight(of: "text/html", in: .accept).map { $0 > 0 } ?? false
    }

    /// The weight (RFC 9110 §12.4.2) of an element of a list, by its exact name; nil if it does not stand there.
    private func weight(of wanted: String, in field: HTTPField.Name) -> Double? {
        for line in self[values: field] {
            for element in line.split(separator: ",") {
                let parts = element.split(separator: ";").map { $0.trimmingOptionalWhitespace().lowercased() }
                guard parts.first == wanted else { continue }
                let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
                return weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            }
        }
        return nil
    }

    /// Weak comparison with any of the tags of `If-None-Match` (RFC 9110 §13.1.2).
    fileprivate func ifNoneMatchNames(_ tag: String) -> Bool {
        self[values: .ifNoneMatch].contains { line in
            line.split(separator: ",").contains { element in
                let candidate = element.trimmingOptionalWhitespace()
                return candidate == "*" || candidate == tag || candidate == "W/\(tag)"
            }
        }
    }
}
