import Mustache

/// A mail or page as the operator writes it: a first line `Subject: …` (or `Title: …`), an empty line, then paragraphs.
///
/// A paragraph `[Pay now]({{recovery_url}})` is a button, lines that begin with `- ` are a list, a line that ends in `\`
/// is broken there. The structure comes from the template alone: values are escaped and hold no line breaks, so none
/// of them can become a paragraph, a button or markup.
struct TemplateDocument: Sendable {
  /// What the document is for decides what its first line is called and where its buttons may lead.
  enum Medium: Sendable {
    case mail, page

    var headKey: String {
      switch self {
      case .mail: "Subject"
      case .page: "Title"
      }
    }

    var vocabulary: Vocabulary {
      switch self {
      case .mail: .mail
      case .page: .page
      }
    }
  }

  let head: MustacheTemplate
  let text: MustacheTemplate
  let html: MustacheTemplate

  init(_ source: String, file: String, medium: Medium) throws(TemplateError) {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let key = medium.headKey
    guard let first = lines.first, first.hasPrefix("\(key):"), !first.dropFirst(key.count + 1).trimmed.isEmpty else {
      throw TemplateError(file: file, line: 1, "the first line must be \"\(key): …\"")
    }
    guard lines.count > 1, lines[1].trimmed.isEmpty else {
      throw TemplateError(file: file, line: 2, "an empty line must follow the \"\(key): …\" line")
    }
    let head = first.dropFirst(key.count + 1).trimmed
    try TemplateText(head, file: file).check(against: medium.vocabulary)
    let body = lines.dropFirst(2).joined(separator: "\n")
    try TemplateText(body, file: file, firstLine: 3).check(against: medium.vocabulary)

    let blocks = try TemplateBlock.blocks(of: lines, from: 2, file: file, medium: medium)
    guard !blocks.isEmpty else { throw TemplateError(file: file, line: 3, "there is no text below the first line") }
    self.head = try .parsed(head, escaping: .nothing, file: file)
    self.text = try .parsed(blocks.map(\.text).joined(separator: "\n\n"), escaping: .nothing, file: file)
    self.html = try .parsed(blocks.map { $0.html(medium) }.joined(separator: "\n"), escaping: .html, file: file)
  }

  /// The body as HTML, without the paragraphs that absent values have left empty.
  func htmlBody(_ values: [String: Any]) -> String {
    html.render(values)
      .replacing(/<(p|li)>\s*<\/\1>\n?/, with: "")
      .replacing(/<ul>\s*<\/ul>\n?/, with: "")
      .replacing("<p>\n", with: "<p>")
      .replacing("\n</p>", with: "</p>")
      .trimmed
  }

  /// The body as plain text, wrapped.
  func textBody(_ values: [String: Any]) -> String { TextWrap.wrap(text.render(values)) }

  func headLine(_ values: [String: Any]) -> String { head.render(values).singleLine }
}

/// What becomes of a value in a template. Mustache is told file by file.
enum TemplateEscaping {
  /// It is a subject or plain text.
  case nothing
  case html

  /// On a line of its own, which leaves no trace: a mark in front of the text must not combine with its brace.
  fileprivate var pragma: String {
    switch self {
    case .nothing: "{{% CONTENT_TYPE:TEXT}}\n"
    case .html: Self.htmlPragma
    }
  }

  /// Mustache's own leaves a quote as it is where a combining mark follows.
  private static let htmlPragma: String = {
    MustacheContentTypes.register(EscapedForHTML(), named: "DUES_HTML")
    return "{{% CONTENT_TYPE:DUES_HTML}}\n"
  }()

  private struct EscapedForHTML: MustacheContentType {
    func escapeText(_ text: String) -> String { text.htmlEscaped }
  }
}

extension MustacheTemplate {
  static func parsed(
    _ source: String, escaping: TemplateEscaping, file: String
  ) throws(TemplateError) -> MustacheTemplate {
    do {
      // Mustache does not take a brace at the very end for text.
      return try MustacheTemplate(string: escaping.pragma + source + (source.last == "{" ? "\n" : ""))
    } catch let error as MustacheTemplate.ParserError {
      throw TemplateError(file: file, line: nil, "\(error.error) near \"\(error.context.line)\"")
    } catch {
      throw TemplateError(file: file, line: nil, "\(error)")
    }
  }
}
