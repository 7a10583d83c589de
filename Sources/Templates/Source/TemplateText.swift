/// A `{{tag}}` as it stands in a template.
struct TemplateTag: Sendable, Hashable {
  enum Kind: Sendable { case variable, raw, section, inverted, close, comment, unsupported }

  let kind: Kind
  let name: String
  let line: Int
  /// With its braces.
  let text: String

  /// Opens or closes something, or is a comment: alone on its line it leaves no trace.
  var isStructure: Bool {
    switch kind {
    case .section, .inverted, .close, .comment: true
    case .variable, .raw, .unsupported: false
    }
  }
}

/// A piece of template cut into literal text and tags, so that mistakes are found with their line before anything is
/// rendered: Mustache itself is silent about an unknown name.
struct TemplateText: Sendable {
  enum Piece: Sendable, Hashable {
    case literal(String)
    case tag(TemplateTag)
  }

  let file: String
  let pieces: [Piece]

  init(_ text: String, file: String, firstLine: Int = 1) throws(TemplateError) {
    var pieces: [Piece] = []
    var line = firstLine
    var rest = Substring(text)
    while let open = rest.range(ofBraces: "{{") {
      let literal = rest[..<open.lowerBound]
      line += literal.lineEnds
      if !literal.isEmpty { pieces.append(.literal(String(literal))) }
      let inner = rest[open.upperBound...]
      let isTriple = inner.first == "{"
      let closing: StaticString = isTriple ? "}}}" : "}}"
      guard let close = inner.range(ofBraces: closing) else {
        throw TemplateError(file: file, line: line, "a tag is opened with {{ and not closed with \(closing)")
      }
      let tag = Self.tag(String(rest[open.lowerBound..<close.upperBound]), isTriple: isTriple, line: line)
      guard tag.kind == .comment || tag.text.lineEnds == 0 else {
        throw TemplateError(
          file: file, line: line, "a tag is opened with {{ and not closed with \(closing) on its line")
      }
      pieces.append(.tag(tag))
      line += tag.text.lineEnds
      rest = rest[close.upperBound...]
    }
    if !rest.isEmpty { pieces.append(.literal(String(rest))) }
    self.file = file
    self.pieces = pieces
  }

  /// The template with its literal text escaped for HTML and its tags as they are.
  var escapingLiterals: String {
    pieces.map { piece in
      switch piece {
      case .literal(let text): text.htmlEscaped
      case .tag(let tag): tag.text
      }
    }.joined()
  }

  /// The tags, if the text is nothing but tags that structure.
  var structureOnly: [TemplateTag]? {
    var tags: [TemplateTag] = []
    for piece in pieces {
      switch piece {
      case .literal(let text) where text.allSatisfy(\.isWhitespace): continue
      case .tag(let tag) where tag.isStructure: tags.append(tag)
      case .literal, .tag: return nil
      }
    }
    return tags.isEmpty ? nil : tags
  }

  private static func tag(_ text: String, isTriple: Bool, line: Int) -> TemplateTag {
    let whole = text.dropFirst(isTriple ? 3 : 2).dropLast(isTriple ? 3 : 2)
    let inner = whole.trimmed
    func make(_ kind: TemplateTag.Kind, _ name: String) -> TemplateTag {
      TemplateTag(kind: kind, name: name, line: line, text: text)
    }
    if isTriple { return make(.raw, inner) }
    let name = inner.dropFirst().trimmed
    // Mustache takes what has blanks in front of its sign for a name.
    if let sign = inner.first, "#^/&!".contains(sign), whole.first != sign { return make(.unsupported, inner) }
    switch inner.first {
    case "#": return make(.section, name)
    case "^": return make(.inverted, name)
    case "/": return make(.close, name)
    case "&": return make(.raw, name)
    case "!": return make(.comment, name)
    case ">", "<", "$", "=", "%", "*": return make(.unsupported, inner)
    default: return make(.variable, inner)
    }
  }
}

extension TemplateText {
  /// Throws every tag that names nothing, is not supported, or does not pair.
  func check(against vocabulary: Vocabulary) throws(TemplateError) {
    var problems: [TemplateError.Problem] = []
    var open: [(name: String, scope: String, line: Int)] = []
    func complain(_ tag: TemplateTag, _ message: String) {
      problems.append(.init(file: file, line: tag.line, message: message))
    }
    for case .tag(let tag) in pieces {
      let scopes = open.map(\.scope)
      switch tag.kind {
      case .comment: continue
      case .unsupported:
        complain(tag, "\(tag.text) is not supported here; use {{name}}, {{#name}}…{{/name}} and {{^name}}…{{/name}}")
      case .variable, .raw:
        guard let name = vocabulary.resolve(tag.name, in: scopes, asSection: false) else {
          complain(tag, "unknown variable \"\(tag.name)\"; known are \(vocabulary.listing)")
          continue
        }
        if tag.kind == .raw, !vocabulary.raw.contains(name) {
          complain(tag, "\(tag.text) would put a value into the page unescaped; write {{\(tag.name)}}")
        }
      case .section, .inverted:
        let name = vocabulary.resolve(tag.name, in: scopes, asSection: true)
        if name == nil { complain(tag, "unknown variable \"\(tag.name)\"; known are \(vocabulary.listing)") }
        open.append((tag.name, name ?? tag.name, tag.line))
      case .close:
        if open.last?.name == tag.name {
          open.removeLast()
        } else {
          complain(tag, open.last.map { "{{/\($0.name)}} is expected here" } ?? "\(tag.text) closes nothing")
        }
      }
    }
    for section in open {
      problems.append(.init(file: file, line: section.line, message: "{{#\(section.name)}} is never closed"))
    }
    if !problems.isEmpty { throw TemplateError(problems: problems) }
  }
}

extension StringProtocol {
  fileprivate var lineEnds: Int { utf8.count { $0 == UInt8(ascii: "\n") } }
}

extension Substring {
  /// The first place of `braces` that Mustache takes for such. It reads character by character, so a brace that a mark
  /// combines with is none. Searched byte by byte, which is less work.
  fileprivate func range(ofBraces braces: StaticString) -> Range<Index>? {
    let wanted = UnsafeBufferPointer(start: braces.utf8Start, count: braces.utf8CodeUnitCount)
    var at = startIndex
    while let start = utf8[at...].firstIndex(of: wanted[0]) {
      guard utf8[start...].starts(with: wanted) else {
        at = utf8.index(after: start)
        continue
      }
      let end = utf8.index(start, offsetBy: wanted.count)
      if isCharacterBoundary(start), isCharacterBoundary(end) { return start..<end }
      at = utf8.index(after: start)
    }
    return nil
  }

  /// Beside a brace: nothing in ASCII combines with it.
  private func isCharacterBoundary(_ index: Index) -> Bool {
    guard index > startIndex, index < endIndex else { return true }
    if utf8[index] < 0x80, utf8[utf8.index(before: index)] < 0x80 { return true }
    let before = unicodeScalars[unicodeScalars.index(before: index)]
    return String(String.UnicodeScalarView([before, unicodeScalars[index]])).count == 2
  }
}
