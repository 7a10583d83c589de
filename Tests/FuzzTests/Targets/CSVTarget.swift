import Foundation

@testable import dues

/// Rows that were written are read as they were; any other bytes are rows, or are refused with their line.
enum CSVTarget {
  static func comesBack() -> FuzzTarget.Judge {
    { input in
      let rows = (0..<input.dice.below(6)).map { _ in
        (0...input.dice.size(upTo: 12)).map { _ in
          // A NUL is refused, wherever it stands.
          String(String.UnicodeScalarView(input.dice.text(upTo: 200).unicodeScalars.filter { $0.value != 0 }))
        }
      }
      let bytes = written(rows, &input.dice)
      input.note(bytes)
      let read = try read(bytes, &input.dice)
      input.isGood = true
      try require(read.count == rows.count, "\(rows.count) rows came back as \(read.count)")
      for (row, wanted) in zip(read, rows) {
        let isSame = row.fields.count == wanted.count && zip(row.fields, wanted).allSatisfy { $0.isExactly($1) }
        try require(isSame, "\(wanted) came back as \(row.fields)")
      }
    }
  }

  static func readsOrRefuses() -> FuzzTarget.Judge {
    let header = "key,customer,amount,currency,description,due_at,payment_method\n"
    let mutation = Mutation(
      [
        header + "k1,cus_1,1099,gbp,Late fee,,\nk2,cus_2,500,jpy,\"Key, lost\",2027-03-31T09:00:00Z,pm_1\n",
        "\u{FEFF}" + header.replacing("\n", with: "\r\n") + "k,cus_1,1,usd,\"two\r\nlines\",,\r\n",
        "a,b\n\"\"\"\",\"\"\n\n\n1,2",
      ], words: ["\"", "\"\"", ",", "\r\n", "\n\n", "\",\"", ",,,,,,,,", "\u{FEFF}"])
    return { input in
      let bytes = input.mutated(mutation)
      let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
      do {
        let rows = try read(bytes, &input.dice)
        input.isGood = true
        try require(rows.allSatisfy { (1...lines).contains($0.line) && !$0.fields.isEmpty }, "rows on no line")
        let size = rows.reduce(0) { $0 + $1.fields.reduce(0) { $0 + $1.utf8.count } }
        try require(size <= bytes.count, "\(bytes.count) bytes became \(size)")
        let again = try read(written(rows.map(\.fields), &input.dice), &input.dice)
        try require(again.map(\.fields) == rows.map(\.fields), "written and read again it is something else")
      } catch let error as CSVError {
        try require((1...lines).contains(error.line) && !error.message.isEmpty, "refused with \"\(error)\"")
        try require(error.description.utf8.count < 200, "\(error.description.utf8.count) bytes of words")
      }
    }
  }

  /// Reads in pieces of any size: what comes out must not depend on it.
  private static func read(_ bytes: [UInt8], _ dice: inout Dice) throws(CSVError) -> [CSVRow] {
    let most = [1, 7, 100, 1 << 20][dice.below(4)]
    var rest = bytes[...]
    var reader = CSVReader { () throws(CSVError) in
      guard !rest.isEmpty else { return nil }
      let piece = Array(rest.prefix(most))
      rest = rest.dropFirst(most)
      return piece
    }
    var rows: [CSVRow] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  private static func written(_ rows: [[String]], _ dice: inout Dice) -> [UInt8] {
    var bytes: [UInt8] = dice.once(in: 4) ? [0xEF, 0xBB, 0xBF] : []
    let end = dice.once(in: 2) ? "\n" : "\r\n"
    // A first field that begins with U+FEFF would be taken for a mark.
    for (index, row) in rows.enumerated() {
      let fields = row.map { field in
        let needsQuotes = field.unicodeScalars.contains { ",\"\r\n\u{FEFF}".unicodeScalars.contains($0) } || row == [""]
        return needsQuotes || dice.once(in: 5) ? quoted(field) : Array(field.utf8)
      }
      bytes += fields.joined(separator: [UInt8(ascii: ",")])
      if index + 1 < rows.count || dice.once(in: 2) { bytes += end.utf8 }
    }
    return bytes
  }

  private static func quoted(_ field: String) -> [UInt8] {
    var bytes = [UInt8(ascii: "\"")]
    for byte in field.utf8 { bytes += byte == UInt8(ascii: "\"") ? [byte, byte] : [byte] }
    return bytes + [UInt8(ascii: "\"")]
  }
}
