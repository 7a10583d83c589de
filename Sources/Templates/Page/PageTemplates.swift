import Crypto
import Domain
import Foundation
import Mustache

/// The pages that customers see, read and checked once at start.
package struct PageTemplates: Sendable {
  private let pages: [String: [PageName: TemplateDocument]]
  private let words: [String: Phrasebook]
  private let shared: SharedPhrases
  private let layout: MustacheTemplate
  private let style: String
  private let script: String
  private let stripeScript: String
  private let defaultLocale: String
  private let business: Business

  /// Reads `DIRECTORY/page`, and what mails share of `DIRECTORY/email`. Throws everything that is wrong at once.
  package init(directory: String, defaultLocale: String, business: Business) throws(TemplateError) {
    var loader = TemplateLoader(TemplateFolder(directory + "/page"))
    let folder = loader.folder
    let languages = loader.languages()
    let pages = loader.documents(in: languages) { language, file throws(TemplateError) in
      try Self.read("\(language)/\(file)", of: folder)
    }
    let words = loader.phrasebooks(named: "words.txt", keys: PageWords.keys, in: languages)
    let layout = loader.attempt { () throws(TemplateError) in
      try folder.template("layout.html.mustache", vocabulary: .pageLayout)
    }
    let style = loader.attempt { () throws(TemplateError) in try folder.read("style.css") }
    let script = loader.attempt { () throws(TemplateError) in try folder.read("page.js") }
    let stripeScript = loader.attempt { () throws(TemplateError) in try folder.read("stripe.js") }
    var mail = TemplateLoader(TemplateFolder(directory + "/email"))
    let shared = SharedPhrases(&mail, in: mail.languages())
    try loader.finish(with: mail.problems)
    loader.require(PageName.allCases.map(\.file), for: defaultLocale) { language, file in
      pages[language]?.keys.contains { $0.file == file } == true
    }
    loader.require(["words.txt"], for: defaultLocale) { language, _ in words[language] != nil }
    shared.require(for: defaultLocale, &mail)
    try loader.finish(with: mail.problems)
    guard let layout, let style, let script, let stripeScript else {
      preconditionFailure("a file that could not be read left no problem")
    }
    self.pages = pages
    self.words = words
    self.shared = shared
    self.layout = layout
    self.style = ":root { --button: \(business.buttonColor); --on-button: \(Color.white); }\n" + style
    self.script = script
    self.stripeScript = stripeScript
    self.defaultLocale = defaultLocale
    self.business = business
  }

  private static func read(
    _ path: String, of folder: TemplateFolder
  ) throws(TemplateError) -> (PageName, TemplateDocument)? {
    guard let name = PageName.allCases.first(where: { path.hasSuffix("/\($0.file)") }) else {
      let known = PageName.allCases.map(\.file).joined(separator: ", ")
      throw TemplateError(problems: [folder.problem(path, "no page has this name; they are \(known)")])
    }
    return (name, try TemplateDocument(try folder.read(path), file: folder.shown(path), medium: .page))
  }
}

extension PageName {
  fileprivate var file: String { "\(rawValue).mustache" }
}

extension PageTemplates {
  /// The whole page in the first of `locales` (the customer's or the browser's, the best first) that there is.
  package func render(_ page: Page, locales: [String]) -> String {
    let chain = LocaleChain(preferred: locales, fallback: defaultLocale)
    guard let (step, document) = chain.first({ pages[$0]?[page.name] }),
      let words = words[step.folder] ?? chain.first({ words[$0] })?.found,
      let shared = shared.words(step.folder, chain)
    else { preconditionFailure("no template for the page \(page.name.rawValue), although all were checked at start") }
    var values = page.values(locale: step.format, words: words, shared: shared)
    values["business"] = business.templateValues
    values["words"] = Dictionary(uniqueKeysWithValues: PageWords.inLayout.map { ($0, words[$0]) })
    let title = document.headLine(values)
    let content = document.htmlBody(values)
    values["title"] = title
    values["content"] = content
    values["style"] = style
    values["script"] = script
    values["stripe_script"] = stripeScript
    values["lang"] = step.format
    values["dir"] = TextDirection.attribute(locale: step.format)
    values["reference"] = page.reference
    return layout.render(values)
  }

  /// The `Content-Security-Policy` of every page: nothing but the page's own style and script, and the logo.
  ///
  /// - Parameters:
  ///   - formTargets: origins that our forms are redirected to, such as `https://checkout.stripe.com`; browsers hold a
  ///     form's redirects against `form-action`.
  ///   - stripe: on a page that uses Stripe's script, that and what it reaches as well.
  package func contentSecurityPolicy(formTargets: [String], stripe: StripeScript?) -> String {
    let logo = business.logo.flatMap(Self.origin).map { [$0] } ?? []
    let images = logo + (stripe?.imageOrigins ?? [])
    var scripts = [pageScriptHash]
    if let stripe { scripts += [Self.hash(stripeScript)] + stripe.scriptOrigins }
    let reached =
      stripe.map { stripe in
        [
          "frame-src \(stripe.frameOrigins.joined(separator: " "))",
          "connect-src 'self' \(stripe.connectOrigins.joined(separator: " "))",
        ]
      } ?? []
    return
      ([
        "default-src 'none'", "style-src \(pageStyleHash)", "script-src \(scripts.joined(separator: " "))",
        "img-src \(images.isEmpty ? "'none'" : images.joined(separator: " "))",
      ] + reached + [
        "form-action \((["'self'"] + formTargets).joined(separator: " "))", "base-uri 'none'", "frame-ancestors 'none'",
      ]).joined(separator: "; ")
  }

  /// What a script of a page says, in the first of `locales` that there is.
  package func message(_ message: PageMessage, locales: [String]) -> String {
    let chain = LocaleChain(preferred: locales, fallback: defaultLocale)
    switch message {
    case .reason(let reason): return shared.reason(reason, chain) ?? ""
    case .inFlight: return chain.first { words[$0] }?.found["in_flight"] ?? ""
    case .notOwed: return chain.first { words[$0] }?.found["not_owed"] ?? ""
    case .error: return chain.first { words[$0] }?.found["try_again"] ?? ""
    }
  }

  /// `'sha256-…'` of the style in every page.
  package var pageStyleHash: String { Self.hash(style) }
  /// `'sha256-…'` of the script in every page.
  package var pageScriptHash: String { Self.hash(script) }

  private static func hash(_ text: String) -> String {
    "'sha256-\(Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString())'"
  }

  private static func origin(_ url: URL) -> String? {
    guard let scheme = url.scheme, let host = url.host else { return nil }
    return "\(scheme)://\(host)" + (url.port.map { ":\($0)" } ?? "")
  }
}
