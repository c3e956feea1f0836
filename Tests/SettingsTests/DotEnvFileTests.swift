import Foundation
import SettingFixtures
import Testing

@testable import Settings

@Suite("The .env file")
struct DotEnvFileTests {
    @Test(
        "A line gives a name its value",
        arguments: [
            ("A=1", "1"), ("A = 1 ", "1"), ("export A=1", "1"), ("\tA=1\r", "1"), ("A=", ""),
            ("A=a b", "a b"),
            ("A=a=b", "a=b"), ("A='x # y'", "x # y"), ("A=\"x # y\" # z", "x # y"), ("A=`it's`", "it's"),
            ("A=x # comment", "x"), ("A=x#y", "x#y"), ("A= # comment", ""),
            (#"A="a\nb\t\"c\"\\""#, "a\nb\t\"c\"\\"),
            (#"A='a\nb'"#, #"a\nb"#), ("A=\"open", "\"open"), ("A=\"two\nlines\"", "two\nlines"),
            ("A='é😀'", "é😀"),
            ("\u{FEFF}A=1", "1"), ("A=1\nA=2", "2"),
        ])
    func values(text: String, expected: String) {
        #expect(DotEnvFile(text).values == ["A": expected])
        #expect(DotEnvFile(text + "\n\nB=after\n").values == ["A": expected, "B": "after"])
    }

    @Test(
        "Comments and empty lines mean nothing; other lines are skipped and reported",
        arguments: ["\n", "\r\n"])
    func skipped(lineEnd: String) {
        let lines = ["# A=1", "", "   ", "A", "=x", "two words=1", "B=2", "  # c"]
        let file = DotEnvFile(lines.joined(separator: lineEnd))
        #expect(file.values == ["B": "2"])
        #expect(file.skippedLines == [4, 5, 6])
        #expect(file.lines == ["B": 7])
    }

    @Test("Lines are counted through values of several lines")
    func lineNumbers() {
        let file = DotEnvFile("A='1\n2\n3'\nB=4\nC='open\nD=5\n")
        #expect(file.lines == ["A": 1, "B": 4, "C": 5, "D": 6])
        #expect(file.values["C"] == "'open")
    }
}
