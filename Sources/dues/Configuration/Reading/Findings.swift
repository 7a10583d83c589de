/// What reading one file brought to light, besides its values.
///
/// A class, because the readers of all tables of a file add to the same one. It stays within one call.
final class Findings {
  let file: String
  let lines: KeyLines
  private(set) var problems: [ConfigurationProblem] = []
  /// Allowed, but hardly meant; for `dues check`.
  private(set) var warnings: [ConfigurationProblem] = []
  /// Every dotted key that was asked for, in the order of asking.
  private(set) var known: [[String]] = []
  private var unknown: [[String]] = []

  init(file: String, lines: KeyLines) {
    self.file = file
    self.lines = lines
  }

  func report(_ path: [String], _ problem: String, _ remedy: String) {
    problems.append(finding(path, problem, remedy))
  }

  func warn(_ path: [String], _ problem: String, _ remedy: String) {
    warnings.append(finding(path, problem, remedy))
  }

  func noteKnown(_ path: [String]) { known.append(path) }
  func noteUnknown(_ path: [String]) { unknown.append(path) }

  /// Everything that is wrong, unknown keys included, by line.
  func error() -> ConfigurationError? {
    let unknownKeys = unknown.map { finding($0, "unknown key", remedy(forUnknown: $0)) }
    let all = problems + unknownKeys
    guard !all.isEmpty else { return nil }
    return ConfigurationError(problems: all.sorted { ($0.line ?? 0, $0.key ?? "") < ($1.line ?? 0, $1.key ?? "") })
  }

  private func finding(_ path: [String], _ problem: String, _ remedy: String) -> ConfigurationProblem {
    ConfigurationProblem(
      file: file, line: lines.line(of: path), key: path.isEmpty ? nil : path.joined(separator: "."), problem: problem,
      remedy: remedy)
  }

  private func remedy(forUnknown path: [String]) -> String {
    guard let key = path.last else { return "remove it" }
    let table = Array(path.dropLast())
    let siblings = known.filter { Array($0.dropLast()) == table }.compactMap(\.last)
    if let near = Spelling.nearest(to: key, among: siblings) { return "did you mean \"\(near)\"?" }
    // The right key in the wrong table.
    if let elsewhere = known.first(where: { $0.last == key && $0.count > 1 }) {
      return "did you mean \"\(key)\" in [\(elsewhere.dropLast().joined(separator: "."))]?"
    }
    let place = table.isEmpty ? "this file" : "[\(table.joined(separator: "."))]"
    return "remove it (\(place) may hold \(siblings.sorted().joined(separator: ", ")))"
  }
}

/// What was probably meant.
enum Spelling {
  /// The candidate that is at most two letters away, if any.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let allowed = word.count <= 4 ? 1 : 2
    let ranked = candidates.map { (distance($0, word), $0) }.filter { $0.0 <= allowed }
    return ranked.min { $0 < $1 }?.1
  }

  /// How many letters must be added, dropped, changed or swapped with their neighbor.
  private static func distance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first), Array(second))
    var rows = [Array(0...b.count)]
    for (i, letter) in a.enumerated() {
      var row = [i + 1]
      for (j, other) in b.enumerated() {
        var best = min(rows[i][j] + (letter == other ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, letter == b[j - 1], a[i - 1] == other { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
