import Foundation

/// A form-encoded body or query as a tree: `a[b][0]=c` is a map in a map.
///
/// Read as clients write it: brackets raw (official SDKs) or percent-encoded, lists as `a[0]` or `a[]` (curl), a
/// space as `+` or `%20`.
enum FormValue: Sendable, Equatable, Codable {
  case text(String)
  case map([String: FormValue])

  static let empty = FormValue.map([:])

  init(decoding form: some StringProtocol) {
    self = .empty
    for pair in form.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? FormValue.decode(parts[1]) : ""
      insert(value, at: FormValue.path(FormValue.decode(parts[0]))[...])
    }
  }

  var text: String? { if case .text(let value) = self { value } else { nil } }
  var members: [String: FormValue] { if case .map(let value) = self { value } else { [:] } }

  subscript(key: String) -> FormValue? { members[key] }

  /// The members of a list in the order of their numbers; nil if some key is no number.
  var elements: [FormValue]? {
    guard case .map(let members) = self else { return nil }
    let numbered = members.compactMap { key, value in Int(key).map { ($0, value) } }
    guard numbered.count == members.count else { return nil }
    return numbered.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// `a[b][]` → a, b, and an empty name.
  private static func path(_ name: String) -> [String] {
    guard let bracket = name.firstIndex(of: "["), name.hasSuffix("]") else { return [name] }
    let inner = name[name.index(after: bracket)..<name.index(before: name.endIndex)]
    return [String(name[..<bracket])] + inner.components(separatedBy: "][")
  }

  private mutating func insert(_ value: String, at path: ArraySlice<String>) {
    guard let key = path.first else {
      self = .text(value)
      return
    }
    var members = self.members
    let name = key.isEmpty ? FormValue.place(for: path.dropFirst(), in: members) : key
    var child = members[name] ?? .empty
    child.insert(value, at: path.dropFirst())
    members[name] = child
    self = .map(members)
  }

  /// Where `[]` goes: a new element, unless the last one is still without what follows (`a[][x]=1&a[][y]=2`).
  private static func place(for rest: ArraySlice<String>, in members: [String: FormValue]) -> String {
    let last = String(members.count - 1)
    if let next = rest.first, let open = members[last], open[next] == nil { return last }
    return String(members.count)
  }

  static func decode(_ text: some StringProtocol) -> String {
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "+") {
        out.append(0x20)
      } else if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      {
        out.append(value)
        index += 2
      } else {
        out.append(bytes[index])
      }
      index += 1
    }
    return String(decoding: out, as: UTF8.self)
  }
}
