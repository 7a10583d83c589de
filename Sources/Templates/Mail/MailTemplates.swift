import Domain
import Foundation
import Mustache

/// A mail, ready for the outbox.
package struct RenderedMail: Sendable, Hashable {
  /// One line, without control characters.
  package let subject: String
  /// Wrapped at 72 columns, lines parted by `\n`.
  package let text: String
  package let html: String
  /// The language that was found for the customer.
  package let locale: String
}

/// The operator's mail templates, read and checked once at start.
package struct MailTemplates: Sendable {
  private struct Mail: Sendable {
    let document: TemplateDocument
    /// `NAME.html.mustache`: the whole HTML part, instead of the document in the layout.
    let html: MustacheTemplate?
  }

  /// By folder, then by name.
  private let mails: [String: [MailName: Mail]]
  private let shared: SharedPhrases
  private let layout: MustacheTemplate
  private let defaultLocale: String
  /// The languages there are, as their folders are named.
  package let locales: [String]

  /// Reads `DIRECTORY/email`. Throws everything that is wrong at once: unknown variables, syntax, missing first lines,
  /// names that no mail has, and mails that neither `defaultLocale` nor `en` has.
  package init(directory: String, defaultLocale: String) throws(TemplateError) {
    var loader = TemplateLoader(TemplateFolder(directory + "/email"))
    let folder = loader.folder
    let languages = loader.languages()
    let mails = loader.documents(in: languages) { language, file throws(TemplateError) in
      try Self.read("\(language)/\(file)", of: folder)
    }
    let shared = SharedPhrases(&loader, in: languages)
    let layout = loader.attempt { () throws(TemplateError) in
      try folder.template("layout.html.mustache", vocabulary: .mailLayout)
    }
    try loader.finish()
    loader.require(MailName.allCases.map(\.file), for: defaultLocale) { language, file in
      mails[language]?.keys.contains { $0.file == file } == true
    }
    shared.require(for: defaultLocale, &loader)
    try loader.finish()
    guard let layout else { preconditionFailure("a layout that could not be read left no problem") }
    self.mails = mails
    self.shared = shared
    self.layout = layout
    self.defaultLocale = defaultLocale
    self.locales = languages
  }

  /// Renders in the first of `locales` (the customer's, the best first) that there is, else in the business's.
  ///
  /// Throws only if the values of this mail leave its subject or its text empty.
  package func render(
    _ name: MailName, variables: MailVariables, locales: [String]
  ) throws(TemplateError) -> RenderedMail {
    let chain = LocaleChain(preferred: locales, fallback: defaultLocale)
    guard let (step, mail) = chain.first({ mails[$0]?[name] }),
      let words = shared.words(step.folder, chain)
    else {
      throw TemplateError(file: name.file, line: nil, "this file is missing")
    }
    var values = variables.values(locale: step.format, words: words)
    let subject = mail.document.headLine(values)
    let body = mail.document.textBody(values)
    guard !subject.isEmpty, !body.isEmpty else {
      throw TemplateError(
        file: "\(step.folder)/\(name.file)", line: 1, "the values of this mail leave its subject or its text empty")
    }
    values["subject"] = subject
    values["lang"] = step.format
    values["dir"] = TextDirection.attribute(locale: step.format)
    values["button"] = ["background": variables.business.buttonColor.description, "text": Color.white.description]
    values["content"] = mail.document.htmlBody(values)
    let business = variables.business
    return RenderedMail(
      subject: subject,
      text: body + "\n\n\(business.name.singleLine)\n\(business.supportEmail.singleLine)\n",
      html: (mail.html ?? layout).render(values),
      locale: step.folder)
  }

  /// `nil` for an override, which is read with its mail.
  private static func read(_ path: String, of folder: TemplateFolder) throws(TemplateError) -> (MailName, Mail)? {
    if path.hasSuffix(".html.mustache") {
      let mail = String(path.dropLast(".html.mustache".count)) + ".mustache"
      if folder.has(mail) { return nil }
      throw TemplateError(problems: [folder.problem(path, "there is no \(mail) for the text part")])
    }
    guard let name = MailName.allCases.first(where: { path.hasSuffix("/\($0.file)") }) else {
      let known = MailName.allCases.map(\.file).joined(separator: ", ")
      throw TemplateError(problems: [folder.problem(path, "no mail has this name; they are \(known)")])
    }
    let document = try TemplateDocument(try folder.read(path), file: folder.shown(path), medium: .mail)
    let override = String(path.dropLast(".mustache".count)) + ".html.mustache"
    return (
      name,
      Mail(
        document: document,
        html: folder.has(override) ? try folder.template(override, vocabulary: .mailLayout) : nil)
    )
  }
}

extension MailName {
  fileprivate var file: String { "\(rawValue).mustache" }
}
