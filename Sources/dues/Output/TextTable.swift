/// Columns for a terminal of 80: aligned, and the last one cut to what is left, unless it must not be.
struct TextTable {
  enum Alignment { case left, right }

  struct Column {
    let title: String
    let alignment: Alignment

    init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  static let width = 80
  /// However wide the others are, the last column keeps so much.
  private static let narrowestLast = 12

  let columns: [Column]
  private(set) var rows: [[String]] = []

  private let cutsLast: Bool

  init(_ columns: [Column], cutsLast: Bool = true) {
    self.columns = columns
    self.cutsLast = cutsLast
  }

  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells)
  }

  /// Without spaces at the ends of lines; nothing at all without rows.
  var lines: [String] {
    guard !rows.isEmpty else { return [] }
    let all = [columns.map(\.title)] + rows
    var widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let last = columns.count - 1
    let taken = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    if cutsLast { widths[last] = min(widths[last], max(Self.width - taken, Self.narrowestLast)) }
    return all.map { cells in
      let padded = cells.indices.map {
        pad($0 == last ? cells[$0].cut(to: widths[$0]) : cells[$0], widths[$0], columns[$0].alignment)
      }
      return padded.joined(separator: "  ").withoutTrailingSpaces
    }
  }

  private func pad(_ text: String, _ width: Int, _ alignment: Alignment) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return alignment == .left ? text + space : space + text
  }
}

extension String {
  /// At most so many characters; what is cut off is shown as `…`.
  func cut(to width: Int) -> String { count <= width ? self : prefix(max(0, width - 1)) + "…" }

  fileprivate var withoutTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }

  /// In lines of at most 80 columns, all but the first indented; what has no space is not broken.
  func wrapped(indent: Int, first: String = "") -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > TextTable.width {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
