/// What stands between two empty lines of a template.
struct TemplateBlock: Sendable {
  enum Content: Sendable {
    /// Nothing but section tags, which then span paragraphs.
    case nothing
    case paragraph([TemplateText])
    case list([TemplateText])
    case button(label: TemplateText, target: Target)
  }

  enum Target: Sendable {
    case variable(String)
    case address(String)

    var text: String {
      switch self {
      case .variable(let name): "{{\(name)}}"
      case .address(let url): url
      }
    }
  }

  /// Section tags on lines of their own around the content; in a list also inside, as items.
  let before: [TemplateTag]
  let content: Content
  let after: [TemplateTag]
}

extension TemplateBlock {
  static func blocks(
    of lines: [String], from start: Int, file: String, medium: TemplateDocument.Medium
  ) throws(TemplateError) -> [TemplateBlock] {
    var blocks: [TemplateBlock] = []
    var block: [(line: Int, text: String)] = []
    for index in start...lines.count {
      if index < lines.count, !lines[index].trimmed.isEmpty {
        block.append((index + 1, lines[index]))
      } else if !block.isEmpty {
        blocks.append(try TemplateBlock(block, file: file, medium: medium))
        block = []
      }
    }
    return blocks
  }

  private init(
    _ lines: [(line: Int, text: String)], file: String, medium: TemplateDocument.Medium
  ) throws(TemplateError) {
    var texts: [(line: Int, text: TemplateText)] = []
    for line in lines {
      texts.append((line.line, try TemplateText(line.text.trimmed, file: file, firstLine: line.line)))
    }
    let lines = texts.map(\.text).filter { $0.structureOnly == nil }
    let isList = !lines.isEmpty && lines.allSatisfy(\.isListItem)
    var frame = TemplateFrame(texts.map(\.text))
    frame.peel(pairs: !isList)
    before = frame.before
    after = frame.after
    texts = Array(texts[frame.inner])
    let sources = texts.map(\.text)
    if sources.isEmpty {
      content = .nothing
    } else if let line = texts.first, texts.count == 1,
      let button = try Self.button(line.text, line: line.line, file: file, medium: medium)
    {
      content = button
    } else {
      content = isList ? .list(sources) : .paragraph(sources)
    }
  }

  private static func button(
    _ text: TemplateText, line: Int, file: String, medium: TemplateDocument.Medium
  ) throws(TemplateError) -> Content? {
    let source = text.source
    guard source.hasPrefix("["), source.hasSuffix(")"), let middle = source.firstRange(of: "](") else { return nil }
    let label = String(source[source.index(after: source.startIndex)..<middle.lowerBound])
    let target = source[middle.upperBound...].dropLast()
    let variable = target.hasPrefix("{{") && target.hasSuffix("}}") ? target.dropFirst(2).dropLast(2).trimmed : nil
    if let variable, medium.buttonTargets.contains(variable) {
      return .button(label: try TemplateText(label, file: file, firstLine: line), target: .variable(variable))
    }
    if variable == nil, target.hasPrefix("https://"), !target.contains("{{"), !target.contains(where: \.isWhitespace) {
      return .button(label: try TemplateText(label, file: file, firstLine: line), target: .address(String(target)))
    }
    let known = medium.buttonTargets.map { "{{\($0)}}" }.joined(separator: ", ")
    throw TemplateError(file: file, line: line, "a button leads to \(known) or an https:// address, not to \(target)")
  }
}

extension TemplateBlock {
  /// As a template for the plain text part.
  var text: String {
    let body =
      switch content {
      case .nothing: ""
      case .paragraph(let lines):
        lines.map { $0.isBroken ? $0.unbroken.source + TextWrap.hardBreak : $0.source }.joined(separator: "\n")
      case .list(let lines):
        lines.map { $0.structureOnly == nil ? $0.source + TextWrap.hardBreak : $0.source }.joined(separator: "\n")
      case .button(let label, let target):
        target.section("\(label.source):\(TextWrap.hardBreak)\(target.text)")
      }
    return enclosed(body)
  }

  /// As a template for HTML. A mail shows a button's link once more in full, so that a careful person can read where it leads.
  func html(_ medium: TemplateDocument.Medium) -> String {
    let body =
      switch content {
      case .nothing: ""
      case .paragraph(let lines):
        "<p>\n"
          + lines.map { $0.isBroken ? $0.unbroken.escapingLiterals + "<br>" : $0.escapingLiterals }
          .joined(separator: "\n") + "\n</p>"
      case .list(let lines):
        "<ul>\n"
          + lines.map { $0.structureOnly == nil ? "<li>\($0.listItem.escapingLiterals)</li>" : $0.source }
          .joined(separator: "\n") + "\n</ul>"
      case .button(let label, let target):
        target.section(medium.button(label: label.escapingLiterals, target: target))
      }
    return enclosed(body)
  }

  private func enclosed(_ body: String) -> String {
    (before.map(\.text) + [body] + after.map(\.text)).filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension TemplateBlock.Target {
  /// A button without its link is left out.
  fileprivate func section(_ body: String) -> String {
    switch self {
    case .variable(let name): "{{#\(name)}}\n\(body)\n{{/\(name)}}"
    case .address: body
    }
  }
}

extension TemplateDocument.Medium {
  /// The variables that a button may lead to.
  var buttonTargets: [String] {
    switch self {
    case .mail: ["recovery_url", "setup_url"]
    case .page: ["pay_url", "save_url", "recovery_url", "retry_url", "verify_url"]
    }
  }

  /// On a page, what changes something is a form; what only leads somewhere is a link.
  fileprivate func button(label: String, target: TemplateBlock.Target) -> String {
    let address = target.text
    switch self {
    case .mail:
      let style = "background:{{button.background}};color:{{button.text}}"
      return """
        <p><a class="button" style="\(style)" href="\(address)">\(label)</a></p>
        <p class="address"><a href="\(address)">\(address)</a></p>
        """
    case .page:
      guard case .variable(let name) = target, ["pay_url", "save_url"].contains(name) else {
        return "<p><a class=\"button\" href=\"\(address)\">\(label)</a></p>"
      }
      return """
        <form method="post" action="\(address)">
        <button class="button" type="submit" data-working="{{words.working}}">\(label)</button>
        </form>
        """
    }
  }
}

extension TemplateText {
  /// As it was written.
  var source: String {
    pieces.map { piece in
      switch piece {
      case .literal(let text): text
      case .tag(let tag): tag.text
      }
    }.joined()
  }

  fileprivate var isBroken: Bool { source.hasSuffix("\\") }
  var isListItem: Bool { source.hasPrefix("- ") }

  /// Without the `\` at its end.
  fileprivate var unbroken: TemplateText { editingLiterals(last: { $0.hasSuffix("\\") ? String($0.dropLast()) : $0 }) }
  /// Without the `- ` at its beginning.
  fileprivate var listItem: TemplateText { editingLiterals(first: { String($0.dropFirst(2)) }) }

  private func editingLiterals(
    first: (String) -> String = { $0 }, last: (String) -> String = { $0 }
  ) -> TemplateText {
    var edited = pieces
    if case .literal(let text)? = edited.first { edited[0] = .literal(first(text)) }
    if case .literal(let text)? = edited.last { edited[edited.count - 1] = .literal(last(text)) }
    return TemplateText(file: file, pieces: edited)
  }

  private init(file: String, pieces: [Piece]) {
    self.file = file
    self.pieces = pieces
  }
}
