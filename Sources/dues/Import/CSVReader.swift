/// Reads comma-separated values as RFC 4180 has them, a row at a time: a file of any size takes the memory of one row.
///
/// UTF-8 with or without a byte order mark, lines ended by LF or CRLF, fields in quotes where they hold a comma, a quote
/// (doubled) or a line break. An empty line is no row. What is not so is refused with its line, and nothing is guessed.
///
/// ```swift
/// var reader = CSVReader { () throws(CSVError) in try file.chunk() }
/// while let row = try reader.next() { … }
/// ```
struct CSVReader {
  /// The next bytes, as many as come; `nil` at the end.
  typealias Source = () throws(CSVError) -> [UInt8]?

  /// A field or row beyond these is a quote that was never closed, or no such file at all.
  static let longestField = 16 << 10
  static let mostFields = 64

  private let source: Source
  private var chunk: [UInt8] = []
  private var index = 0
  /// Of the next byte, from 1.
  private var line = 1
  private var isAtStart = true
  /// How many fields the row before had: most have the same.
  private var width = 0
  /// Nothing is read on after a mistake: where rows begin is not known any more.
  private var isOver = false

  init(_ source: @escaping Source) { self.source = source }

  /// The next row; `nil` after the last.
  mutating func next() throws(CSVError) -> CSVRow? {
    guard !isOver else { return nil }
    do throws(CSVError) {
      if isAtStart { try skipByteOrderMark() }
      try skipEmptyLines()
      if try peek() != nil { return try row() }
    } catch {
      isOver = true
      throw error
    }
    isOver = true
    return nil
  }

  private mutating func row() throws(CSVError) -> CSVRow {
    var row = CSVRow(line: line, fields: [])
    row.fields.reserveCapacity(width)
    while true {
      row.fields.append(try field())
      guard try peek() == .comma else { break }
      index += 1
      guard row.fields.count < Self.mostFields else {
        throw CSVError(line: row.line, "this row has more than \(Self.mostFields) fields; is it a CSV file?")
      }
    }
    try endLine()
    width = row.fields.count
    return row
  }

  private mutating func field() throws(CSVError) -> String {
    if let end = endOfPlain() {
      let text = try Self.text(chunk[index..<end], on: line)
      index = end
      return text
    }
    let start = line
    let bytes = try peek() == .quote ? quoted() : plain()
    return try Self.text(bytes[...], on: start)
  }

  private static func text(_ bytes: ArraySlice<UInt8>, on line: Int) throws(CSVError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CSVError(line: line, "this is not UTF-8; save the file as UTF-8")
    }
    return text
  }

  /// Where the field that begins here ends, if it is without quotes, good, and ends within the chunk. That is nearly all of
  /// them; the others are read byte by byte, which also knows what is wrong with them.
  private func endOfPlain() -> Int? {
    let start = index
    return chunk.withUnsafeBufferPointer { bytes in
      let most = min(bytes.count, start + Self.longestField + 1)
      var end = start
      while end < most {
        switch bytes[end] {
        case .comma, .lineFeed, .carriageReturn: return end
        case .quote, 0: return nil
        default: end += 1
        }
      }
      return nil
    }
  }

  private mutating func plain() throws(CSVError) -> [UInt8] {
    var bytes: [UInt8] = []
    while let byte = try peek(), byte != .comma, byte != .lineFeed, byte != .carriageReturn {
      if byte == .quote {
        throw CSVError(
          line: line, "a quote stands inside a field; put the whole field into quotes and double those within")
      }
      try take(byte, into: &bytes, from: line)
    }
    return bytes
  }

  private mutating func quoted() throws(CSVError) -> [UInt8] {
    let start = line
    var bytes: [UInt8] = []
    index += 1
    while let byte = try peek() {
      if byte == .quote {
        index += 1
        guard try peek() == .quote else { return try closed(bytes) }
      }
      try take(byte, into: &bytes, from: start)
    }
    throw CSVError(line: start, "a quote is opened here and never closed")
  }

  /// After a closing quote comes the end of the field.
  private mutating func closed(_ bytes: [UInt8]) throws(CSVError) -> [UInt8] {
    switch try peek() {
    case nil, UInt8.comma?, UInt8.lineFeed?, UInt8.carriageReturn?: return bytes
    default: throw CSVError(line: line, "a closing quote is followed by more text; double the quotes inside a field")
    }
  }

  private mutating func take(_ byte: UInt8, into bytes: inout [UInt8], from start: Int) throws(CSVError) {
    guard byte != 0 else { throw CSVError(line: line, "a NUL byte stands here; save the file as UTF-8 text") }
    guard bytes.count < Self.longestField else {
      throw CSVError(
        line: start, "a field that begins here is longer than \(Self.longestField) bytes; is a quote not closed?")
    }
    bytes.append(byte)
    index += 1
    if byte == .lineFeed { line += 1 }
  }

  private mutating func endLine() throws(CSVError) {
    if try peek() == .carriageReturn {
      index += 1
      guard try peek() == .lineFeed else {
        throw CSVError(line: line, "a carriage return stands alone; end lines with LF or CRLF")
      }
    }
    if try peek() == .lineFeed {
      index += 1
      line += 1
    }
  }

  private mutating func skipEmptyLines() throws(CSVError) {
    while let byte = try peek(), byte == .lineFeed || byte == .carriageReturn { try endLine() }
  }

  private mutating func skipByteOrderMark() throws(CSVError) {
    isAtStart = false
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard try peek() == mark[0] else { return }
    while chunk.count < mark.count, let more = try source() { chunk += more }
    if chunk.starts(with: mark) { index = mark.count }
  }

  private mutating func peek() throws(CSVError) -> UInt8? {
    while index >= chunk.count {
      guard let more = try source() else { return nil }
      chunk = more
      index = 0
    }
    return chunk[index]
  }
}

/// One row, and the line of the file it begins on.
struct CSVRow: Sendable, Equatable {
  let line: Int
  var fields: [String]
}

/// What is wrong with a CSV file, and where.
struct CSVError: Error, Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  let line: Int
  let message: String

  init(line: Int, _ message: String) {
    self.line = line
    self.message = message
  }

  var description: String { "line \(line): \(message)" }
}

extension UInt8 {
  fileprivate static let comma = UInt8(ascii: ",")
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
}
