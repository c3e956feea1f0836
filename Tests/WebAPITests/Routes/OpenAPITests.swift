import Foundation
import HTTPTypes
import Testing

@testable import WebAPI

@Suite("The OpenAPI document")
struct OpenAPITests {
    private func lines() throws -> [String] {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
        let text = try String(contentsOf: root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    /// A path and a method of it, "/api/rooms get".
    private func operations(_ lines: [String]) -> Set<String> {
        var path = ""
        var operations = Set<String>()
        for line in lines.drop(while: { $0 != "paths:" }).dropFirst().prefix(while: { $0.hasPrefix(" ") }) {
            let key = line.trimmingCharacters(in: .whitespaces)
            let depth = line.prefix { $0 == " " }.count
            if depth == 2, key.hasPrefix("/") { path = String(key.dropLast()) }
            if depth == 4, key.hasSuffix(":") { operations.insert("\(path) \(key.dropLast())") }
        }
        return operations
    }

    @Test("Its paths and methods are those of the table of routes")
    func paths() throws {
        // HEAD and OPTIONS of the operator's pages are not described: they have no meaning of their own.
        let declared = Resource.all.flatMap { resource in
            resource.methods.filter { resource.needsPairing || $0 == .get }
                .map { "\(resource.path) \($0.rawValue.lowercased())" }
        }
        let lines = try lines()
        #expect(operations(lines) == Set(declared))
        // A path without any method, too.
        let paths = lines.filter { $0.hasPrefix("  /") }.map { String($0.dropFirst(2).dropLast()) }
        #expect(Set(paths) == Set(Resource.all.map(\.path)))
    }

    @Test("It names every error id")
    func errors() throws {
        let lines = try lines()
        for id in ErrorID.allCases {
            #expect(lines.contains { $0.hasSuffix("  - \(id.rawValue)") }, "\(id.rawValue)")
        }
    }
}
