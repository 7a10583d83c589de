import Domain
import Foundation
import TestSupport
import Testing

@testable import Templates

/// What every language that Dues brings has in common, and what its writing asks for.
struct LanguageTests {
  private static let folders = ["email", "page"].flatMap { folder in
    TemplateFixture.locales.map { (folder, $0) }
  }

  private static func files(_ folder: String, _ locale: String) throws -> [String: String] {
    let path = "\(TemplateFixture.directory)/\(folder)/\(locale)"
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try String(contentsOfFile: "\(path)/\($0)", encoding: .utf8)) })
  }

  /// The variables of a template, whether shown or asked for; the keys and counts of a phrasebook.
  private static func names(_ text: String, file: String) throws -> Set<String> {
    guard file.hasSuffix(".mustache") else {
      let phrases = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      return Set(phrases.map { $0.prefix { $0 != "=" }.trimmed + ($0.contains("{count}") ? " {count}" : "") })
    }
    return Set(
      try TemplateText(text, file: file).pieces.compactMap { piece in
        guard case .tag(let tag) = piece, tag.kind != .comment else { return nil }
        return tag.name
      })
  }

  @Test func `there is no language that the tests do not know`() throws {
    for folder in ["email", "page"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(TemplateFixture.directory)/\(folder)")
      #expect(Set(names.filter { !$0.contains(".") }) == Set(TemplateFixture.locales))
    }
  }

  @Test(arguments: folders)
  func `every language has the files and variables of English`(folder: String, locale: String) throws {
    let english = try Self.files(folder, "en")
    let files = try Self.files(folder, locale)
    #expect(Set(files.keys) == Set(english.keys))
    for (name, text) in files {
      #expect(
        try Self.names(text, file: name) == Self.names(english[name] ?? "", file: name), "\(folder)/\(locale)/\(name)")
    }
  }

  /// What may be said of each cause, in the words of each language, is what the customer reads.
  @Test(arguments: TemplateFixture.locales)
  func `every cause has its own words in the mail`(locale: String) throws {
    let phrases = try Self.files("email", locale)["reasons.txt", default: ""].split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map { $0.split(separator: "=", maxSplits: 1).map(\.trimmed) }
    #expect(Set(phrases.map { $0[0] }) == Set(SafeReason.allCases.map(\.rawValue)))
    #expect(Set(phrases.map { $0[1] }).count == SafeReason.allCases.count, "two causes have the same words")
    for phrase in phrases {
      var variables = MailVariables.sample(.paymentFailed, business: .sample, zone: TemplateFixture.london)
      variables.reason = SafeReason(rawValue: phrase[0])
      let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: [locale])
      let read = mail.text.replacing("\n", with: locale == "ja" ? "" : " ")
      #expect(read.contains(phrase[1]), "\(phrase[0]): \(mail.text)")
    }
  }

  /// Every mail and page of a language, as text without links.
  private func texts(_ locale: String) throws -> [String] {
    let mails = try MailName.allCases.map { name in
      let variables = MailVariables.sample(name, business: .sample, zone: TemplateFixture.london)
      let mail = try TemplateFixture.mails().render(name, variables: variables, locales: [locale])
      return "\(mail.subject)\n\(mail.text)"
    }
    let pages = try PageName.allCases.map { name in
      Self.plain(
        try TemplateFixture.pages().render(.sample(name, zone: TemplateFixture.london), locales: [locale]))
    }
    return (mails + pages).map { $0.replacing(/https:\S+/, with: "") }
  }

  /// What the samples do not show: pending, paused, refused, new, without a card, and mails that lack what may be lacking.
  private func rareTexts(_ locale: String) throws -> [String] {
    let zone = TemplateFixture.london
    let templates = try TemplateFixture.pages()
    guard case .owed(var owed) = Page.sample(.owed, zone: zone) else { return [] }
    owed.reason = .confirmationNeeded
    owed.needsOtherMethod = true
    owed.alsoCharged = []
    owed.method = nil
    let pending = SetupPendingPage(
      method: Sample.bankAccount, usesMicrodeposits: false, arrivesAt: nil, verifyURL: "https://x.example", zone: zone)
    var nameless = pending
    nameless.method = nil
    nameless.usesMicrodeposits = true
    let starts: [SetupPage.Terms.Start?] = [nil, .whenSaved, .first(Sample.dueAt), .next(Sample.dueAt), .paused]
    let setups = starts.enumerated().map { index, start in
      SetupPage(
        terms: start.map {
          SetupPage.Terms(
            description: "Gold", money: Sample.money, every: Interval(count: index + 1, unit: .week), end: nil,
            start: $0)
        }, method: index == 1 ? Sample.card : nil, pending: [pending, nameless, nil][index % 3],
        alsoCharged: index == 2 ? [owed.charge] : [], saveURL: "/s/x", zone: zone)
    }
    let refusals = [(true, "/s/x"), (false, nil)].map { isRefused, url in
      SetupNotSavedPage(method: nil, isRefused: isRefused, reason: .notVerified, saveURL: url, goOnURL: "/s/y")
    }
    let pages: [Page] =
      [.owed(owed), .setupPending(pending), .setupPending(nameless), .error(retryURL: "/x"), .unknown(nil)]
      + setups.map { .setup($0) } + refusals.map { .setupNotSaved($0) }
    var invitation = MailVariables.sample(.setupInvitation, business: .sample, zone: zone)
    invitation.reason = .notVerified
    invitation.charge = nil
    invitation.customerName = nil
    invitation.linkExpires = Sample.dueAt
    var upcoming = MailVariables.sample(.upcomingCharge, business: .sample, zone: zone)
    upcoming.card = nil
    var failed = MailVariables.sample(.paymentFailed, business: .sample, zone: zone)
    failed.card = nil
    let mails = try [(MailName.setupInvitation, invitation), (.upcomingCharge, upcoming), (.paymentFailed, failed)].map
    {
      let mail = try TemplateFixture.mails().render($0, variables: $1, locales: [locale])
      return "Subject: \(mail.subject)\n\n\(mail.text)".trimmed
    }
    return mails + pages.map { Self.plain(templates.render($0, locales: [locale])) }
  }

  private static func plain(_ html: String) -> String {
    html.replacing(/<(style|script)>(?s:.*?)<\/\1>/, with: "").replacing(/<[^>]*>/, with: "")
      .replacing(/\n\s*\n+/, with: "\n\n").trimmed
  }

  @Test(arguments: TemplateFixture.locales)
  func `what is absent leaves no hole in a sentence`(locale: String) throws {
    let texts = try rareTexts(locale)
    #expect(texts.count == 15)
    try assertSnapshot(
      texts.joined(separator: "\n\n-----\n\n").replacing(#/ +\n/#, with: "\n"), named: "rare/\(locale).txt")
    for text in texts {
      #expect(text.firstMatch(of: /[^\n ] +[ .,、。）)]|\( |（ |\(\)|（）|\{|\}|,,|、、|。。|\.\./) == nil, "\(text)")
    }
  }

  @Test func `French puts a narrow no-break space before double signs, and curls its apostrophes`() throws {
    for text in try texts("fr") {
      #expect(text.firstMatch(of: /[^\u{202F}\u{A0}][:;?!»]/) == nil, "\(text)")
      #expect(text.firstMatch(of: /«[^\u{202F}\u{A0}]/) == nil, "\(text)")
      #expect(!text.contains("'") && !text.contains("&#39;"), "\(text)")
    }
  }

  @Test func `Spanish opens its questions and exclamations`() throws {
    for text in try texts("es") {
      #expect(text.count { $0 == "?" } == text.count { $0 == "¿" }, "\(text)")
      #expect(text.count { $0 == "!" } == text.count { $0 == "¡" }, "\(text)")
    }
  }

  @Test func `Japanese has no spaces between its words, and greets with the name`() throws {
    for text in try texts("ja") {
      #expect(text.firstMatch(of: /[ぁ-ヿ一-鿿、。」）] +[ぁ-ヿ一-鿿「（]/) == nil, "\(text)")
      #expect(text.firstMatch(of: #/[、。] /#) == nil, "\(text)")
    }
    var variables = MailVariables.sample(.reminder, business: .sample, zone: TemplateFixture.london)
    #expect(
      try TemplateFixture.mails().render(.reminder, variables: variables, locales: ["ja"]).text.hasPrefix(
        "Ada Lovelace 様\n"))
    variables.customerName = nil
    #expect(
      try TemplateFixture.mails().render(.reminder, variables: variables, locales: ["ja"]).text.hasPrefix("お客様\n"))
  }
}
