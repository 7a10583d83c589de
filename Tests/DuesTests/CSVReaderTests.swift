import Foundation
import Testing

@testable import dues

@Suite struct CSVReaderTests {
  private func rows(_ text: String) throws -> [CSVRow] { try rows([Array(text.utf8)]) }

  private func rows(_ chunks: [[UInt8]]) throws -> [CSVRow] {
    var rest = chunks[...]
    var reader = CSVReader { () throws(CSVError) in rest.popFirst() }
    var rows: [CSVRow] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  @Test(arguments: [
    ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
    ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
    ("\u{FEFF}a,b\n", [["a", "b"]]),
    ("a,,\n,\n", [["a", "", ""], ["", ""]]),
    ("\n\na\n\r\n\nb\n\n", [["a"], ["b"]]),
    ("\"\"\n", [[""]]),
    ("\"a,b\",\"say \"\"hi\"\"\"\n", [["a,b", "say \"hi\""]]),
    ("\"two\nlines\",\"two\r\nmore\"", [["two\nlines", "two\r\nmore"]]),
    ("Jürgen, Ada ,日本\n", [["Jürgen", " Ada ", "日本"]]),
    ("\u{301},\"\u{301}\"\n", [["\u{301}", "\u{301}"]]),
    ("", []), ("\u{FEFF}", []), ("\r\n", []),
  ])
  func `rows are read`(text: String, fields: [[String]]) throws {
    #expect(try rows(text).map(\.fields) == fields)
    let bytewise = text.utf8.map { [$0] }
    #expect(try rows(bytewise.isEmpty ? [[]] : bytewise).map(\.fields) == fields, "a byte at a time")
  }

  @Test func `a row knows the line it begins on`() throws {
    #expect(try rows("a\n\n\"b\nc\"\r\nd\n").map(\.line) == [1, 3, 5])
  }

  @Test(arguments: [
    ("a\nb\"c\n", "line 2: a quote stands inside a field"),
    ("a\n\"b\nc\n", "line 2: a quote is opened here and never closed"),
    ("a\n\"b\nc\"d\n", "line 3: a closing quote is followed by more text"),
    ("a\rb\n", "line 1: a carriage return stands alone"),
    ("a\n\rb\n", "line 2: a carriage return stands alone"),
    ("a\nb\u{0}\n", "line 2: a NUL byte stands here"),
    ("a\n" + String(repeating: "x", count: CSVReader.longestField + 1), "line 2: a field that begins here is longer"),
    ("a\n" + String(repeating: ",", count: CSVReader.mostFields), "line 2: this row has more than 64 fields"),
  ])
  func `a mistake is named with its line, and ends the reading`(text: String, message: String) throws {
    var reader = CSVReader(bytes: Array(text.utf8))
    let error = #expect(throws: CSVError.self) { while try reader.next() != nil {} }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    #expect(try reader.next() == nil)
  }

  @Test func `what is not UTF-8 is refused, not mended`() {
    let error = #expect(throws: CSVError.self) { try rows([Array("a\nJ".utf8) + [0xFC] + Array("rgen\n".utf8)]) }
    #expect(error?.description == "line 2: this is not UTF-8; save the file as UTF-8")
  }

  @Test func `a file is read, and one that is not there is named`() throws {
    try Scratch.with(["a.csv": "key\nx\n"]) { scratch in
      let fields = try CSVReader.withFile(scratch.path("a.csv")) { reader in
        _ = try reader.next()
        return try reader.next()?.fields
      }
      #expect(fields == ["x"])
      let error = #expect(throws: CSVReader.FileProblem.self) {
        try CSVReader.withFile(scratch.path("b.csv")) { _ in }
      }
      #expect(error?.description.contains("b.csv cannot be read (no such file)") == true)
      #expect(throws: (any Error).self) { try CSVReader.withFile(scratch.directory) { try $0.next() } }
    }
  }
}
