import Domain
import Foundation
import TestSupport

@testable import Templates

/// A spoiled template is refused with its file and line, or what it renders is text in our own markup.
enum TemplateTarget {
  private static let file = "templates/email/en/reminder.mustache"
  /// What our HTML consists of. Anything else came through from text.
  private static let tags =
    ["p>", "p class=\"address\">", "ul>", "li>", "br>", "a ", "form ", "button "]
    + ["p", "ul", "li", "a", "form", "button"].map { "/\($0)>" }

  static func loadsOrRefuses() throws -> FuzzTarget.Judge {
    let mails = try sources("email/en")
    let pages = try sources("page/en")
    let words = [
      "{{", "}}", "{{{", "}}}", "{{#card}}", "{{/card}}", "{{^card}}", "{{.}}", "{{>x}}", "{{=<% %>=}}", "{{!",
      "{{&reason}}",
      "{{customer.name}}", "{{charge}}", "{{% CONTENT_TYPE:TEXT}}", "{{{charge.description}}}",
      "[Pay]({{recovery_url}})",
      "[x](https://a.example/)", "\n\n", "\n- ", "\\\n", "Subject: ", "Title: ", "<b>",
      "{{#charge}}{{description}}{{/charge}}",
      "{{$a}}", "{{*x}}", "{{#also_charged}}\n", "{{/also_charged}}\n", "{{ x }}", "{{#reason}}\n\n",
      "{{charge.description(upper)}}",
    ]
    let mutations = [Mutation(mails, words: words, longest: 2 << 10), Mutation(pages, words: words, longest: 4 << 10)]
    return { input in
      let isMail = input.dice.once(in: 2)
      let bytes = input.mutated(mutations[isMail ? 0 : 1])
      // As the folder reads a file.
      guard let text = String(bytes: bytes, encoding: .utf8)?.replacing("\r\n", with: "\n") else { return }
      input.isGood = try judge(text, isMail ? .mail : .page)
    }
  }

  private static func sources(_ folder: String) throws -> [String] {
    let directory = Repository.path("templates/\(folder)")
    return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
      .filter { $0.hasSuffix(".mustache") }.map { try String(contentsOfFile: "\(directory)/\($0)", encoding: .utf8) }
  }

  /// - Returns: whether it was taken.
  private static func judge(_ text: String, _ medium: TemplateDocument.Medium) throws -> Bool {
    do {
      let document = try TemplateDocument(text, file: file, medium: medium)
      try check(document, medium)
      return true
    } catch let error as TemplateError {
      let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      try require(!error.problems.isEmpty, "refused without a problem")
      for problem in error.problems {
        try require(problem.file == file && !problem.message.isEmpty, "refused with \"\(problem)\"")
        try require(problem.line.map { (1...max(lines, 3)).contains($0) } == true, "refused on no line: \"\(problem)\"")
      }
      return false
    }
  }

  private static func check(_ document: TemplateDocument, _ medium: TemplateDocument.Medium) throws {
    let values = medium.vocabulary.hostileValues
    let head = document.headLine(values)
    try require(!head.unicodeScalars.contains { $0.properties.generalCategory == .control }, "the head is \(head)")
    _ = document.textBody(values)
    let html = Array(document.htmlBody(values).utf8)
    for index in html.indices where html[index] == UInt8(ascii: "<") {
      let isOurs = tags.contains { html[(index + 1)...].starts(with: $0.utf8) }
      try require(isOurs, "markup that is not ours: \(html[index...].shown(most: 80)) in \(html.shown(most: 4000))")
    }
  }
}

extension Vocabulary {
  /// Markup in every name there is.
  fileprivate var hostileValues: [String: Any] {
    var values: [String: Any] = [:]
    for name in names {
      let parts = name.split(separator: ".").map(String.init)
      let value: Any = name.hasPrefix("needs_") || name.hasPrefix("has_") ? true : HostileValue.all[1]
      if parts.count == 1 {
        values[name] = value
      } else {
        var member = values[parts[0]] as? [String: Any] ?? [:]
        member[parts[1]] = value
        values[parts[0]] = member
      }
    }
    values["also_charged"] = [values["also_charged"] ?? [:]]
    return values
  }
}
