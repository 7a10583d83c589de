import Crypto
import Domain
import Foundation
import Testing

@testable import Templates

struct PageTemplatesTests {
  private let zone = TemplateFixture.london

  @Test(arguments: PageName.allCases, TemplateFixture.locales)
  func `every page names the business, a human, its language and its state`(name: PageName, locale: String) throws {
    let html = try TemplateFixture.pages().render(.sample(name, zone: zone), locales: [locale])
    #expect(html.contains("<html lang=\"\(locale == "en" ? "en-GB" : locale)\" dir=\"ltr\">"))
    #expect(html.contains("mailto:help@goldgym.example") && html.contains("<p>Gold Gym</p>"))
    #expect(html.contains(" · Gold Gym</title>"))
    #expect(!html.contains("{{") && !html.contains("chg_") && !html.contains("<p></p>"))
  }

  @Test func `a description with markup stays text`() throws {
    let charge = ChargeSummary(
      id: "chg_3f9a21c7045be61d88aa02c4", description: "<script>alert(1)</script>",
      money: Money(amount: 100, currency: .eur), dueAt: Timestamp(seconds: 0), zone: zone)
    let html = try TemplateFixture.pages().render(.paid(charge), locales: ["en"])
    #expect(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)"))
  }

  @Test(arguments: ["de", "en", "es", "fr", "ja"])
  func `what went back of a payment is said beside it`(locale: String) throws {
    func paid(_ refunded: Money?) throws -> String {
      let charge = ChargeSummary(
        id: "chg_3f9a21c7045be61d88aa02c4", description: "Gold", money: Money(amount: 1099, currency: .gbp),
        refunded: refunded, dueAt: Timestamp(seconds: 0), zone: zone)
      return try TemplateFixture.pages().render(.paid(charge), locales: [locale])
    }
    let part = Money(amount: 400, currency: .gbp)
    #expect(try paid(part).contains(AmountFormat.text(part, locale: locale == "en" ? "en-GB" : locale)))
    #expect(try !paid(nil).contains("<p></p>"))
    #expect(try paid(part).split(separator: "<p>").count == paid(nil).split(separator: "<p>").count + 1)
  }

  @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}"])
  func `a mark behind a quote or bracket hides it from nobody`(mark: String) throws {
    let name = "<\(mark)b>\(mark)\"\(mark)'\(mark)&\(mark)"
    let business = Business(name: name, supportEmail: name, color: nil, logo: nil)
    let html = try TemplateFixture.pages(business: business).render(.notFound, locales: ["en"])
    let escaped = "&lt;\(mark)b&gt;\(mark)&quot;\(mark)&#39;\(mark)&amp;\(mark)"
    #expect(html.contains("<p>\(escaped)</p>") && html.contains("<a href=\"mailto:\(escaped)\">"))
    #expect(!html.utf8.contains("<\(mark)".utf8) && !html.utf8.contains("\"\(mark)".utf8))
  }

  @Test func `the policy allows exactly the style and script in the page`() throws {
    let pages = try TemplateFixture.pages()
    let html = pages.render(.notFound, locales: [])
    func hash(between open: String, and close: String) throws -> String {
      let start = try #require(html.range(of: open)).upperBound
      let end = try #require(html.range(of: close)).lowerBound
      return "'sha256-\(Data(SHA256.hash(data: Data(html[start..<end].utf8))).base64EncodedString())'"
    }
    #expect(try hash(between: "<style>", and: "</style>") == pages.pageStyleHash)
    #expect(try hash(between: "<script>", and: "</script>") == pages.pageScriptHash)
    #expect(!html.contains(" style=\"") && !html.contains(" onclick"))
    let policy = pages.contentSecurityPolicy(formTargets: ["https://checkout.stripe.com"], stripe: nil)
    #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
    #expect(policy.contains("img-src 'none'; form-action 'self' https://checkout.stripe.com; base-uri 'none'"))
  }

  @Test func `a logo is shown and allowed, and only its origin`() throws {
    let logo = try #require(URL(string: "https://cdn.example.com/a/logo.svg"))
    let business = Business(name: "G", supportEmail: "h@g.example", color: nil, logo: logo)
    let pages = try TemplateFixture.pages(business: business)
    #expect(pages.render(.notFound, locales: []).contains("<img src=\"https://cdn.example.com/a/logo.svg\" alt=\"\""))
    let policy = pages.contentSecurityPolicy(formTargets: [], stripe: nil)
    #expect(policy.contains("img-src https://cdn.example.com; form-action 'self';"))
  }

  @Test func `what else will be charged is said before the button`() throws {
    let html = try TemplateFixture.pages().render(.sample(.owed, zone: zone), locales: ["en"])
    let also = try #require(html.range(of: "<li>£10.99 for Locker</li>")).lowerBound
    let saved = try #require(html.range(of: "is saved for your next payments")).lowerBound
    let button = try #require(html.range(of: "<button")).lowerBound
    #expect(also < button && saved < button)
    #expect(html.contains("<form method=\"post\" action=\"/r/") && html.contains(">Pay £10.99</button>"))
  }

  @Test func `an owed page without extras says only what is so`() throws {
    guard case .owed(var page) = Page.sample(.owed, zone: zone) else {
      Issue.record("not an owed page")
      return
    }
    page.alsoCharged = []
    page.savesMethod = false
    page.nextRetryAt = nil
    page.needsOtherMethod = true
    let html = try TemplateFixture.pages().render(.owed(page), locales: ["en"])
    #expect(!html.contains("<ul>") && !html.contains("saved for") && !html.contains("try Visa"))
    #expect(html.contains("Please use another card") && !html.contains("dues-nonce"))
    page.nonce = "n1"
    let withNonce = try TemplateFixture.pages().render(.owed(page), locales: [])
    #expect(withNonce.contains("<meta name=\"dues-nonce\" content=\"n1\">"))
  }

  @Test func `what another card needs is hidden until a script shows it`() throws {
    let html = try TemplateFixture.pages().render(.owed(try .sampleToConfirm()), locales: ["en"])
    #expect(html.contains("id=\"another-card\" hidden>Use another card</button>"))
    #expect(html.contains("<form id=\"card-form\" aria-labelledby=\"card-title\" hidden>"))
    // Without one, the one form that is seen leads through Checkout.
    #expect(html.contains(">Confirm £10.99</button>") && html.contains(">Pay £10.99</button>"))
    let plain = try TemplateFixture.pages().render(.sample(.owed, zone: zone), locales: ["en"])
    #expect(!plain.contains("id=\"card-form\"") && !plain.contains("Use another card</button>"))
  }

  @Test func `a card that was stopped has nothing to confirm`() throws {
    var page = try OwedPage.sampleToConfirm()
    page.needsOtherMethod = true
    page.stripe = nil
    let html = try TemplateFixture.pages().render(.owed(page), locales: ["en"])
    #expect(html.contains(">Pay £10.99</button>") && !html.contains(">Confirm £10.99"))
  }

  @Test(arguments: [(1, Interval.Unit.month, "every month"), (2, .week, "every 2 weeks"), (1, .year, "every year")])
  func `a setup page says how often`(count: Int, unit: Interval.Unit, words: String) throws {
    let terms = SetupPage.Terms(
      description: "Gold", money: Money(amount: 500, currency: .jpy), every: Interval(count: count, unit: unit),
      end: nil,
      start: .whenSaved)
    let page = SetupPage(terms: terms, method: nil, pending: nil, alsoCharged: [], saveURL: "/s/x", zone: zone)
    let html = try TemplateFixture.pages().render(.setup(page), locales: ["en-US"])
    #expect(html.contains("charges it ¥500 \(words) for Gold, first on the day you save it, until you cancel."))
  }

  @Test(arguments: [
    ("en", ScheduleEnd.count(12), "charges it £5.00 every month, 12 times in all, for Gold"),
    ("de", .count(12), "für Gold jeden Monat, insgesamt 12-mal, 5,00 £ abbucht"),
    ("ja", .count(12), "「Gold」の代金として毎月（全12回）、£5.00を"),
  ])
  func `a setup page says how many times`(locale: String, end: ScheduleEnd, words: String) throws {
    let terms = SetupPage.Terms(
      description: "Gold", money: Money(amount: 500, currency: .gbp), every: Interval(count: 1, unit: .month), end: end,
      start: .whenSaved)
    let page = SetupPage(terms: terms, method: nil, pending: nil, alsoCharged: [], saveURL: "/s/x", zone: zone)
    let html = try TemplateFixture.pages().render(.setup(page), locales: [locale])
    let text = html.replacing("\u{A0}", with: " ").replacing("\u{202F}", with: " ")
    #expect(text.contains(words), "\(text)")
  }

  @Test func `mistakes in pages are named with file and line`() throws {
    let problems = try TemplateFixture.withCopy(changing: [
      "page/en/paid.mustache": "Title: x\n\na\n{{charge.currency}}", "page/de/nope.mustache": "Title: x\n\ny",
      "page/de/words.txt": nil, "page/en/over.mustache": "Subject: x\n\ny",
    ]) { copy in
      TemplateFixture.problems(below: copy) { () throws(TemplateError) in
        _ = try PageTemplates(directory: copy, defaultLocale: "en", business: .sample)
      }
    }
    #expect(problems.count == 3)
    #expect(problems[0].hasPrefix("page/de/nope.mustache: no page has this name"))
    #expect(problems[1].hasPrefix("page/en/over.mustache:1: the first line must be \"Title: …\""))
    #expect(problems[2].hasPrefix("page/en/paid.mustache:4: unknown variable \"charge.currency\""))
  }
}
