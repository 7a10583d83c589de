/// In which languages to look for something, the best first: `pt-BR` → `pt` → the business's → `en`.
struct LocaleChain: Sendable {
  struct Step: Sendable, Hashable {
    /// The folder, in lower case.
    let folder: String
    /// How amounts and dates are written if this folder is chosen.
    let format: String
  }

  let steps: [Step]

  /// Language, script, region, and one to spare: nobody names a folder by more.
  private static let mostParts = 4

  init(preferred: [String], fallback: String) {
    let fallback = Self.normal(fallback)
    var steps: [Step] = []
    for tag in preferred.map(Self.normal) + [fallback, "en"] {
      let parts = tag.split(separator: "-").prefix(Self.mostParts)
      // From a browser, or a customer at Stripe: it may be nothing but hyphens.
      guard !parts.isEmpty else { continue }
      // A bare language is written as the business writes it, if that is the same language: en → 3 May in en-GB.
      let format = parts.count == 1 && fallback.split(separator: "-").first == parts[0] ? fallback : tag
      for count in (1...parts.count).reversed() {
        let folder = parts.prefix(count).joined(separator: "-").lowercased()
        if !steps.contains(where: { $0.folder == folder }) { steps.append(Step(folder: folder, format: format)) }
      }
    }
    self.steps = steps
  }

  /// The first step for which `find` finds something.
  func first<Found>(_ find: (String) -> Found?) -> (step: Step, found: Found)? {
    for step in steps {
      if let found = find(step.folder) { return (step, found) }
    }
    return nil
  }

  private static func normal(_ tag: String) -> String { tag.replacing("_", with: "-").trimmed }
}

/// The languages that a browser asks for.
package enum AcceptLanguage {
  /// RFC 5646 §4.4.1: room for every tag that is in use.
  private static let longestTag = 35

  /// The tags of an `Accept-Language` header, the best first; at most eight.
  package static func locales(_ header: String) -> [String] {
    let ranges = header.split(separator: ",").prefix(8).compactMap { range -> (tag: String, quality: Int)? in
      let parts = range.split(separator: ";").map(\.trimmed)
      guard let tag = parts.first, tag != "*", tag.utf8.count <= longestTag,
        tag.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
      else { return nil }
      let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { thousandths($0.dropFirst(2)) } ?? 1000
      return quality == 0 ? nil : (tag, quality)
    }
    // Equally wanted languages stay in the header's order: the standard library's sort is stable.
    return ranges.sorted { $0.quality > $1.quality }.map(\.tag)
  }

  /// `0.85` is 850; anything unreadable counts as 0.
  private static func thousandths(_ text: Substring) -> Int {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = Int(parts[0]), (0...1).contains(whole) else { return 0 }
    let digits = parts.count == 2 ? parts[1].prefix(3) : ""
    let fraction = Int(digits + String(repeating: "0", count: 3 - digits.count)) ?? 0
    return min(1000, whole * 1000 + fraction)
  }
}
