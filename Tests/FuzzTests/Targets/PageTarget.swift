import Domain
import Foundation
import Templates
import TestSupport

/// The same for pages.
enum PageTarget {
  static func staysText() throws -> FuzzTarget.Judge {
    guard let zone = TimeZone(identifier: "Europe/London") else { throw Wrong("no zone") }
    let directory = Repository.path("templates")
    var pages: [PageTemplates] = []
    var dice = Dice(seed: 1)
    for _ in 0..<8 {
      let business = Business(
        name: HostileValue.random(&dice), supportEmail: HostileValue.random(&dice), color: nil, logo: nil)
      pages.append(try PageTemplates(directory: directory, defaultLocale: "en", business: business))
    }
    return { input in
      let values = (0..<4).map { _ in HostileValue.random(&input.dice) }
      let locale = input.dice.once(in: 3) ? input.dice.text(upTo: 20) : input.dice.pick(["en", "de", "de-AT", "fr"])
      let locales = input.dice.once(in: 2) ? [locale] : AcceptLanguage.locales(locale)
      input.note(([locale] + values).joined(separator: "\n"))
      let name = input.dice.pick(PageName.allCases)
      let html = input.dice.pick(pages).render(page(name, values, zone), locales: locales)
      input.isGood = true
      if let place = HostileValue.unescaped(in: html) { throw Wrong("\(name): not escaped: \(place)") }
      for tag in ["{{reason}}", "{{{content}}}", "{{#card}}"] where shows(name) && values[0].contains(tag) {
        try require(html.contains(tag), "\(name): a value was taken for a template")
      }
      try require(html.utf8.count < 256 << 10, "\(name): \(html.utf8.count) bytes")
    }
  }

  /// Whether ``page(_:_:_:)`` puts the first value into the page's description.
  private static func shows(_ name: PageName) -> Bool {
    switch name {
    case .owed, .payForm, .inFlight, .processing, .paid, .refunded, .over, .canceled, .notPaid, .unknown: true
    case .saveForm, .setup, .setupSaved, .setupPending, .setupNotSaved, .notFound, .error: false
    }
  }

  private static func page(_ name: PageName, _ values: [String], _ zone: TimeZone) -> Page {
    func summary(_ description: String) -> ChargeSummary {
      ChargeSummary(
        id: ChargeID("chg_\(values[3])"), description: description, money: Money(amount: 1099, currency: .gbp),
        dueAt: Timestamp(seconds: 1_777_536_000), zone: zone)
    }
    switch name {
    case .owed:
      guard case .owed(var page) = Page.sample(.owed, zone: zone) else { return .notFound }
      page.charge = summary(values[0])
      page.alsoCharged = [summary(values[1])]
      page.payURL = "/r/\(values[2])/pay"
      page.nonce = values[3]
      return .owed(page)
    case .payForm:
      guard case .payForm(_, var stripe) = Page.sample(.payForm, zone: zone) else { return .notFound }
      stripe.clientSecret = values[2]
      return .payForm(summary(values[0]), stripe)
    case .saveForm: return Page.sample(.saveForm, zone: zone)
    case .setup:
      guard case .setup(var page) = Page.sample(.setup, zone: zone) else { return .notFound }
      page.terms = SetupPage.Terms(
        description: values[0], money: Money(amount: 1099, currency: .gbp), every: Interval(count: 1, unit: .month),
        end: nil,
        start: .whenSaved)
      page.alsoCharged = [summary(values[1])]
      page.saveURL = "/s/\(values[2])"
      return .setup(page)
    case .setupPending:
      guard case .setupPending(var page) = Page.sample(.setupPending, zone: zone) else { return .notFound }
      page.verifyURL = "https://payments.example/\(values[0])"
      return .setupPending(page)
    case .setupNotSaved:
      guard case .setupNotSaved(var page) = Page.sample(.setupNotSaved, zone: zone) else { return .notFound }
      page.saveURL = "/s/\(values[0])"
      return .setupNotSaved(page)
    case .inFlight: return .inFlight(summary(values[0]))
    case .processing: return .processing(summary(values[0]))
    case .paid: return .paid(summary(values[0]))
    case .refunded: return .refunded(summary(values[0]))
    case .over: return .over(summary(values[0]))
    case .canceled: return .canceled(summary(values[0]))
    case .notPaid: return .notPaid(summary(values[0]), recoveryURL: "/r/\(values[1])")
    case .unknown: return .unknown(summary(values[0]))
    case .error: return .error(retryURL: "/r/\(values[1])")
    case .setupSaved, .notFound: return .sample(name, zone: zone)
    }
  }
}
