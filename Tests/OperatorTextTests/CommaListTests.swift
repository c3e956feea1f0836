import OperatorText
import Testing

@Suite("Lists in one text")
struct CommaListTests {
    @Test(
        "In a list a backslash makes a comma or a backslash part of an element, and is itself before anything else",
        arguments: [
            ("a,b", ["a", "b"]), (#"a\,b"#, ["a,b"]), (#"a\\,b"#, [#"a\"#, "b"]), (#"a\b"#, [#"a\b"#]),
            (#"a\"#, [#"a\"#]),
            (#"\,"#, [","]),
        ])
    func escapedCommas(text: String, elements: [String]) {
        #expect(CommaList.elements(of: text) == elements)
        #expect(
            CommaList.elements(of: elements.map(CommaList.escaped).joined(separator: ",")) == elements)
    }
}
