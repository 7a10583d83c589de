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

  private static let good: [(String, [[String]])] = [
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
  ]

  @Test(arguments: good)
  func `rows are read`(text: String, fields: [[String]]) throws {
    #expect(try rows(text).map(\.fields) == fields)
    let bytewise = text.utf8.map { [$0] }
    #expect(try rows(bytewise.isEmpty ? [[]] : bytewise).map(\.fields) == fields, "a byte at a time")
  }

  @Test func `a row knows the line it begins on`() throws {
    #expect(try rows("a\n\n\"b\nc\"\r\nd\n").map(\.line) == [1, 3, 5])
  }

  private static let bad: [(String, String)] = [
    ("a\nb\"c\n", "line 2: a quote stands inside a field"),
    ("a\n\"b\nc\n", "line 2: a quote is opened here and never closed"),
    ("a\n\"b\nc\"d\n", "line 3: a closing quote is followed by more text"),
    ("a\rb\n", "line 1: a carriage return stands alone"),
    ("a\n\rb\n", "line 2: a carriage return stands alone"),
    ("a\nb\u{0}\n", "line 2: a NUL byte stands here"),
    ("a\n" + String(repeating: "x", count: CSVReader.longestField + 1), "line 2: a field that begins here is longer"),
    ("a\n" + String(repeating: ",", count: CSVReader.mostFields), "line 2: this row has more than 64 fields"),
  ]

  @Test(arguments: bad)
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

  /// A field is taken whole where a chunk shows all of it, and read byte by byte where it does not.
  @Test(arguments: [1, 2, 3, 7, 64, 4096])
  func `pieces of any size give the same rows, and the same mistake`(size: Int) {
    for bytes in Self.inputs {
      let whole = Reading(bytes, pieces: .max)
      let pieces = Reading(bytes, pieces: size)
      #expect(pieces == whole, "\(String(decoding: bytes.prefix(100), as: UTF8.self))")
    }
  }

  private static let inputs: [[UInt8]] = (good.map { $0.0 } + bad.map { $0.0 } + long).map { Array($0.utf8) } + notUTF8

  private static let long: [String] = [
    "\u{FEFF}\"a\",b\r\nc,\"d\"\"e\"",
    "a\n\(String(repeating: "x", count: CSVReader.longestField)),b\nc\u{0}d",
    "a\n\"\(String(repeating: "x", count: CSVReader.longestField))\",b\nc\"",
    (0..<300).map { "k\($0),cus_\($0 % 7),\"Late, fee \($0)\",Jürgen \($0),,日本\r\n" }.joined(),
  ]

  /// `a⏎J?r,b⏎` and `a⏎J?,"b"⏎`, with half a character each.
  private static let notUTF8: [[UInt8]] = [
    [0x61, 0x0A, 0x4A, 0xFC, 0x72, 0x2C, 0x62, 0x0A], [0x61, 0x0A, 0x4A, 0xC3, 0x2C, 0x22, 0x62, 0x22, 0x0A],
  ]

  /// All that comes of some bytes.
  private struct Reading: Equatable {
    private(set) var rows: [CSVRow] = []
    private(set) var error: CSVError?

    init(_ bytes: [UInt8], pieces: Int) {
      var reader = CSVReader(bytes: bytes, pieces: pieces)
      do throws(CSVError) {
        while let row = try reader.next() { rows.append(row) }
      } catch {
        self.error = error
      }
    }
  }
}
