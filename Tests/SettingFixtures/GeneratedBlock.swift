import Foundation
import Testing

/// A part of a file of the package that is written by the code: what stands between two lines, `NAME:begin, written by
/// make docs` and `NAME:end`, each a comment of the file's language.
package struct GeneratedBlock {
    /// With UPDATE_DOCS=1 (`make docs`) tests write what they otherwise compare.
    package static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1"

    private let file: URL
    private let begin: String
    private let end: String

    /// In Markdown.
    package init(_ name: String, in path: String) {
        file = packageRoot.appending(path: path)
        begin = "<!-- \(name):begin, written by make docs -->\n"
        end = "\n<!-- \(name):end -->"
    }

    /// In a language whose comments go from a mark to the end of the line.
    package init(_ name: String, comment: String, in path: String) {
        file = packageRoot.appending(path: path)
        begin = "\(comment) \(name):begin, written by make docs\n"
        end = "\n\(comment) \(name):end"
    }

    /// Expects the part to be this text, or makes it so.
    package func follows(_ expected: String) throws {
        var text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: begin))
        let end = try #require(text.range(of: end, range: begin.upperBound..<text.endIndex))
        if Self.isUpdating {
            text.replaceSubrange(begin.upperBound..<end.lowerBound, with: expected)
            // In place: a script stays executable.
            let handle = try FileHandle(forWritingTo: file)
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        } else {
            #expect(text[begin.upperBound..<end.lowerBound] == expected)
        }
    }
}
