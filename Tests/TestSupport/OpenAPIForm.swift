import Foundation

/// Reads `a[b][0]=c&d[]=e` into levels of names.
enum OpenAPIForm {
  static func parse(_ text: String) -> OpenAPIValue {
    var root = Level()
    for pair in text.split(separator: "&", omittingEmptySubsequences: true) {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count == 2 ? decode(halves[1]) : ""
      root.insert(value, at: names(of: decode(halves[0]))[...])
    }
    return root.value
  }

  /// Percent-decoded, `+` is a space; a sequence that is no UTF-8 stays as it was written.
  static func decode(_ text: Substring) -> String {
    let spaced = String(text.contains("+") ? text.replacing("+", with: " ") : text)
    return spaced.contains("%") ? (spaced.removingPercentEncoding ?? spaced) : spaced
  }

  /// `a[b][0]` → `a`, `b`, `0`; `a[]` → `a` and an empty name.
  private static func names(of name: String) -> [String] {
    guard let open = name.firstIndex(of: "["), name.hasSuffix("]") else { return [name] }
    let inner = name[name.index(after: open)...].dropLast()
    return [String(name[..<open])] + inner.split(separator: "][", omittingEmptySubsequences: false).map(String.init)
  }

  private struct Level {
    var leaf: String?
    var fields: [String: Level] = [:]

    mutating func insert(_ value: String, at path: ArraySlice<String>) {
      guard let name = path.first else {
        leaf = value
        return
      }
      let key = name.isEmpty ? String(fields.count) : name
      fields[key, default: Level()].insert(value, at: path.dropFirst())
    }

    var value: OpenAPIValue {
      if fields.isEmpty, let leaf { return .text(leaf) }
      return .fields(fields.mapValues(\.value))
    }
  }
}
