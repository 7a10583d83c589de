import Foundation
import Testing

@testable import dues

/// A file to import, read twice.
struct ImportSourceTests {
  private static let text = "key\na\nb\n"

  private func fields(_ source: ImportSource) throws -> [[String]] {
    var reader = source.reader()
    var rows: [[String]] = []
    while let row = try reader.next() { rows.append(row.fields) }
    return rows
  }

  @Test func `a file is read twice`() throws {
    try Scratch.with(["a.csv": Self.text]) { scratch in
      let source = try ImportSource(at: scratch.path("a.csv"))
      let first = try fields(source)
      try source.startAgain()
      let second = try fields(source)
      #expect(first == [["key"], ["a"], ["b"]])
      #expect(second == first)
      #expect(source.isUnchanged)
    }
  }

  @Test(arguments: ["key\na\nb\nc\n", "key\na\nc\n", "key\na\n", "", "key\n\na\nb\n"])
  func `a file that somebody writes to between the readings is not what it was`(changed: String) throws {
    try Scratch.with(["a.csv": Self.text]) { scratch in
      let source = try ImportSource(at: scratch.path("a.csv"))
      _ = try fields(source)
      try scratch.write(changed, to: "a.csv")
      try source.startAgain()
      _ = try fields(source)
      #expect(!source.isUnchanged)
    }
  }

  @Test func `a file that is replaced under its name is read on as it was`() throws {
    try Scratch.with(["a.csv": Self.text, "b.csv": "key\nz\n"]) { scratch in
      let source = try ImportSource(at: scratch.path("a.csv"))
      let first = try fields(source)
      try FileManager.default.removeItem(atPath: scratch.path("a.csv"))
      try FileManager.default.moveItem(atPath: scratch.path("b.csv"), toPath: scratch.path("a.csv"))
      try source.startAgain()
      let second = try fields(source)
      #expect(second == first)
      #expect(source.isUnchanged)
    }
  }

  @Test func `a pipe is read twice as well`() throws {
    try Scratch.with { scratch in
      let path = scratch.path("pipe")
      try #require(mkfifo(path, 0o600) == 0)
      // More than a pipe holds, and than a chunk.
      let rows = (0..<30_000).map { "key \($0)" }
      let text = rows.joined(separator: "\n")
      Thread {
        do {
          let pipe = try FileHandle(forWritingTo: URL(filePath: path))
          try pipe.write(contentsOf: Data(text.utf8))
          try pipe.close()
        } catch {
          Issue.record(error)
        }
      }.start()
      let source = try ImportSource(at: path)
      #expect(source.rows() == nil)
      let first = try fields(source)
      try source.startAgain()
      let second = try fields(source)
      #expect(first == rows.map { [$0] })
      #expect(second == first)
      #expect(source.isUnchanged)
    }
  }

  @Test(arguments: [("", 0), ("key", 0), ("key\n", 0), ("key\na", 1), ("key\na\n", 1), ("key\r\na\r\nb", 2)])
  func `rows are counted for who waits, and then read from the start`(text: String, rows: Int) throws {
    try Scratch.with(["a.csv": text]) { scratch in
      let source = try ImportSource(at: scratch.path("a.csv"))
      #expect(source.rows() == rows)
      let read = try fields(source)
      #expect(read.count == (text.isEmpty ? 0 : rows + 1))
    }
  }

  @Test func `a file that is not there is named, and a directory is none`() throws {
    try Scratch.with { scratch in
      let failure = #expect(throws: CommandFailure.self) { try ImportSource(at: scratch.path("b.csv")) }
      #expect(failure?.exit == .badInput)
      #expect(failure?.message.contains("b.csv cannot be read (no such file)") == true)
      #expect(throws: (any Error).self) { try fields(ImportSource(at: scratch.directory)) }
    }
  }
}
