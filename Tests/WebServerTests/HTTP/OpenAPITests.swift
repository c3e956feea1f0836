import Foundation
import HTTPTypes
import Testing

@testable import WebServer

@Suite("The OpenAPI document")
struct OpenAPITests {
    private func lines() throws -> [String] {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
        let text = try String(contentsOf: root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    @Test(
        "It names every path with the methods that have a meaning of their own", arguments: Endpoint.allCases)
    func paths(endpoint: Endpoint) throws {
        let lines = try lines()
        let start = try #require(lines.firstIndex(of: "  \(endpoint.rawValue):"))
        let block = lines[(start + 1)...].prefix { $0.hasPrefix("   ") }
        let named = Set(
            block.filter { $0.hasPrefix("    ") && !$0.hasPrefix("     ") }.map { $0.dropFirst(4) })
        for method in endpoint.methods where endpoint.needsPairing || method == .get {
            #expect(named.contains("\(method.rawValue.lowercased()):"), "\(method)")
        }
    }

    @Test("It names every error id, and no path that does not exist")
    func errors() throws {
        let lines = try lines()
        for id in ErrorID.allCases {
            #expect(lines.contains { $0.hasSuffix("  - \(id.rawValue)") }, "\(id.rawValue)")
        }
        let paths = lines.filter { $0.hasPrefix("  /") }.map { String($0.dropFirst(2).dropLast()) }
        #expect(Set(paths) == Set(Endpoint.allCases.map(\.rawValue)))
    }
}
