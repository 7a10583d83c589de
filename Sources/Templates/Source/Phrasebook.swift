/// Short phrases of one language: a file of `key = phrase` lines, `#` begins a comment.
struct Phrasebook: Sendable {
  private let phrases: [String: String]

  /// Throws a line that is no phrase, a key that is not in `keys` or comes twice, and every key that is missing.
  init(_ source: String, file: String, keys: [String]) throws(TemplateError) {
    var phrases: [String: String] = [:]
    var problems: [TemplateError.Problem] = []
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmed
      if line.isEmpty || line.hasPrefix("#") { continue }
      func complain(_ message: String) {
        problems.append(.init(file: file, line: index + 1, message: message))
      }
      guard let equals = line.firstIndex(of: "=") else {
        complain("write \"key = phrase\"")
        continue
      }
      let key = line[..<equals].trimmed
      let phrase = line[line.index(after: equals)...].trimmed
      if !keys.contains(key) {
        complain("unknown key \"\(key)\"; known are \(keys.joined(separator: ", "))")
      } else if phrase.isEmpty {
        complain("\"\(key)\" has no phrase")
      } else if phrases.updateValue(phrase, forKey: key) != nil {
        complain("\"\(key)\" is there twice")
      }
    }
    for key in keys where phrases[key] == nil && !problems.contains(where: { $0.message.hasPrefix("\"\(key)\"") }) {
      problems.append(.init(file: file, line: nil, message: "the phrase \"\(key)\" is missing"))
    }
    if !problems.isEmpty { throw TemplateError(problems: problems) }
    self.phrases = phrases
  }

  /// Every key was checked at load.
  subscript(key: String) -> String { phrases[key] ?? "" }
}
