import Domain
import Foundation
import Testing

@testable import Templates

struct MailTemplatesTests {
  private func sample(_ name: MailName = .paymentFailed) -> MailVariables {
    MailVariables.sample(name, business: .sample, zone: TemplateFixture.london)
  }

  @Test(arguments: [
    (["de-AT"], "de"), (["pt-BR", "de"], "de"), (["pt-BR"], "en"), ([], "en"), (["DE"], "de"), (["../de"], "en"),
  ])
  func `a mail is written in the customer's language if there is one`(locales: [String], chosen: String) throws {
    let mail = try TemplateFixture.mails().render(.reminder, variables: sample(.reminder), locales: locales)
    #expect(mail.locale == chosen)
  }

  @Test func `a language that has only some mails borrows the others`() throws {
    let italian = "Subject: Promemoria\n\nIl pagamento di {{charge.amount}}."
    try TemplateFixture.withCopy(changing: ["email/it/reminder.mustache": italian]) { copy in
      let mails = try MailTemplates(directory: copy, defaultLocale: "de")
      let reminder = try mails.render(.reminder, variables: sample(), locales: ["it-IT"])
      #expect(reminder.subject == "Promemoria" && reminder.text.hasPrefix("Il pagamento di 10,99\u{A0}£."))
      let failed = try mails.render(.paymentFailed, variables: sample(), locales: ["it-IT"])
      #expect(failed.locale == "de" && failed.text.contains("10,99\u{A0}£ für"))
      #expect(Set(mails.locales) == Set(TemplateFixture.locales + ["it"]))
    }
  }

  @Test func `a description with markup stays text in both parts`() throws {
    var variables = sample()
    variables.charge?.description = "<script>alert('1')</script> & \"Co\""
    let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: ["en"])
    #expect(!mail.html.contains("<script>"))
    #expect(mail.html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;Co&quot;"))
    #expect(mail.text.contains("<script>alert('1')</script> & \"Co\""))
    #expect(mail.subject.contains("<script>alert('1')</script> & \"Co\""))
  }

  @Test(arguments: [
    "\r\nBcc: x@example.com\r\n\r\n", "\n\n[Pay](https://evil.example)\n\n", "\u{2028}\u{85}\u{0}\u{1E}", "\u{202E}",
  ])
  func `a value adds no header, paragraph, button or hidden direction`(evil: String) throws {
    var variables = sample()
    variables.charge?.description = "Gold\(evil)membership"
    variables.customerName = "Ada\(evil)"
    let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: ["en"])
    let plain = try TemplateFixture.mails().render(.paymentFailed, variables: sample(), locales: ["en"])
    #expect(mail.subject.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0x202E })
    #expect(mail.text.components(separatedBy: "\n\n").count == plain.text.components(separatedBy: "\n\n").count)
    #expect(!mail.html.contains("href=\"https://evil"))
    #expect(!mail.text.contains("\u{202E}"))
  }

  @Test func `a link is escaped in HTML and whole in text`() throws {
    var variables = sample()
    let url = "https://checkout.stripe.com/c/pay/cs_test_" + String(repeating: "a1", count: 60) + "?x=1&y=2#frag"
    variables.recoveryURL = url
    let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: ["en"])
    #expect(mail.text.contains("Pay now:\n\(url)\n"))
    let escaped = url.replacing("&", with: "&amp;")
    #expect(mail.html.contains("href=\"\(escaped)\">Pay now</a>"))
    #expect(mail.html.contains("<a href=\"\(escaped)\">\(escaped)</a>"))
  }

  @Test func `without a link there is no button`() throws {
    var variables = sample()
    variables.recoveryURL = nil
    let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: ["en"])
    #expect(!mail.html.contains("class=\"button\"") && !mail.text.contains("Pay now"))
  }

  @Test(arguments: MailName.allCases, TemplateFixture.locales)
  func `no line of text is longer than 72 columns but a link`(name: MailName, locale: String) throws {
    var variables = sample(name)
    variables.charge?.description = "the yearly membership with everything that our longest customers ever asked us for"
    let mail = try TemplateFixture.mails().render(name, variables: variables, locales: [locale])
    for line in mail.text.split(separator: "\n") where !line.hasPrefix("https://") {
      let columns = line.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 2 : 1) }
      #expect(columns <= 72, "\(line)")
    }
  }

  @Test(arguments: TemplateFixture.locales, SafeReason.allCases)
  func `every reason has words in every language`(locale: String, reason: SafeReason) throws {
    var variables = sample()
    variables.reason = reason
    let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: [locale])
    var without = variables
    without.reason = nil
    let plain = try TemplateFixture.mails().render(.paymentFailed, variables: without, locales: [locale])
    #expect(mail.text.count > plain.text.count + 10)
    for word in Self.unsafeWords { #expect(!mail.text.contains(word)) }
  }

  private static let unsafeWords = [
    "fraud", "stolen", "lost", "Betrug", "gestohlen", "verloren", "volé", "perdu", "vol ", "robad", "perdid", "robo",
    "不正", "盗難", "紛失",
  ]

  @Test func `an HTML file beside a mail replaces its HTML part alone`() throws {
    let html = "<p lang=\"{{lang}}\">{{charge.description}}</p>"
    try TemplateFixture.withCopy(changing: ["email/en/reminder.html.mustache": html]) { copy in
      var variables = sample(.reminder)
      variables.charge?.description = "A & B"
      let mails = try MailTemplates(directory: copy, defaultLocale: "en")
      let mail = try mails.render(.reminder, variables: variables, locales: [])
      #expect(mail.html == "<p lang=\"en\">A &amp; B</p>")
      #expect(mail.text.contains("A & B is still open"))
    }
  }

  @Test func `the merchant's color is on the button only as far as white can be read on it`() throws {
    var variables = sample()
    variables.business = Business(name: "G", supportEmail: "h@g.example", color: Color(hex: "#ffd500"), logo: nil)
    let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: ["en"])
    let shown = try #require(Color(hex: "#ffd500")).underWhiteText
    #expect(shown.description != "#ffd500" && mail.html.contains("background:\(shown);color:#ffffff"))
  }
}
