import Domain
import Foundation

/// The phrases of a language that several pages share: `page/LOCALE/words.txt`.
enum PageWords {
  /// What the layout names as `words.…`.
  static let inLayout = [
    "help", "reference", "working", "try_again", "needs_script", "choose_day", "choose", "another_card", "another_way",
  ]
  static let keys =
    inLayout + ["in_flight", "not_owed", "pay", "save"]
    + ["ends_count", "ends_until"]
    + Interval.Unit.allCases.flatMap { ["every_\($0.rawValue)", "every_\($0.rawValue)s"] }

  /// `every month, 12 times in all`.
  static func schedule(_ interval: Interval, end: ScheduleEnd?, words: Phrasebook, locale: String) -> String {
    let schedule = schedule(interval, words: words)
    switch end {
    case nil: return schedule
    case .count(let count):
      return words["ends_count"].replacing("{schedule}", with: schedule).replacing("{count}", with: String(count))
    case .until(let date):
      // A day has no zone: noon in UTC is on it.
      let noon = ScheduleZone.utc.instant(of: date, at: .noon)
      let day = DateFormat.day(noon, zone: ScheduleZone.utc.timeZone, locale: locale)
      return words["ends_until"].replacing("{schedule}", with: schedule).replacing("{date}", with: day)
    }
  }

  /// `every month`, `every 2 months`.
  static func schedule(_ interval: Interval, words: Phrasebook) -> String {
    interval.count == 1
      ? words["every_\(interval.unit.rawValue)"]
      : words["every_\(interval.unit.rawValue)s"].replacing("{count}", with: String(interval.count))
  }
}

extension Page {
  /// The short reference that support can look up, where the page is about a charge.
  var reference: String? { summary?.reference }

  private var summary: ChargeSummary? {
    switch self {
    case .owed(let page): page.charge
    case .payForm(let charge, _): charge
    case .inFlight(let charge), .processing(let charge), .paid(let charge), .refunded(let charge), .over(let charge),
      .canceled(let charge), .notPaid(let charge, _):
      charge
    case .unknown(let charge): charge
    case .saveForm, .setup, .setupSaved, .setupPending, .setupNotSaved, .notFound, .error: nil
    }
  }

  /// The page's variables, formatted for `locale`; what is absent is not in it.
  func values(locale: String, words: Phrasebook, shared: SharedWords) -> [String: Any] {
    var values: [String: Any] = [:]
    values["charge"] = summary?.values(locale: locale)
    switch self {
    case .owed(let page):
      values.merge(page.values(locale: locale, shared: shared)) { $1 }
      values["stripe"] = page.stripe?.values(
        amount: AmountFormat.text(page.charge.money, locale: locale), words: words)
      values["day"] = page.dayChoice.map { ["url": $0.url, "first": "\($0.first)", "last": "\($0.last)"] }
    case .setup(let page):
      values.merge(page.values(locale: locale, words: words, methods: shared.methods)) { $1 }
    case .setupPending(let page): values.merge(page.values(locale: locale, methods: shared.methods)) { $1 }
    case .setupNotSaved(let page): values.merge(page.values(shared: shared)) { $1 }
    case .payForm(let charge, let stripe):
      values["stripe"] = stripe.values(amount: AmountFormat.text(charge.money, locale: locale), words: words)
    case .saveForm(let stripe): values["stripe"] = stripe.values(amount: nil, words: words)
    case .notPaid(_, let recoveryURL): values["recovery_url"] = recoveryURL
    case .error(let retryURL): values["retry_url"] = retryURL
    case .inFlight, .processing, .paid, .refunded, .over, .canceled, .unknown, .setupSaved, .notFound: break
    }
    return values
  }
}

extension Page {
  /// Stripe's script on this page; `nil`: only our own.
  package var stripe: StripeOnPage? {
    switch self {
    case .owed(let page): page.stripe
    case .payForm(_, let stripe), .saveForm(let stripe): stripe
    case .inFlight, .processing, .paid, .refunded, .over, .canceled, .notPaid, .unknown, .setup, .setupSaved,
      .setupPending, .setupNotSaved, .notFound, .error:
      nil
    }
  }
}

extension ChargeSummary {
  func values(locale: String) -> [String: Any] {
    var values = [
      "description": description.singleLine,
      "amount": AmountFormat.text(money, locale: locale),
      "due_date": DateFormat.day(dueAt, zone: zone, locale: locale),
    ]
    values["refunded"] = refunded.map { AmountFormat.text($0, locale: locale) }
    return values
  }
}

extension OwedPage {
  fileprivate func values(locale: String, shared: SharedWords) -> [String: Any] {
    func day(_ time: Timestamp?) -> String? { time.map { DateFormat.day($0, zone: charge.zone, locale: locale) } }
    var values: [String: Any] = [
      "needs_other_method": needsOtherMethod,
      // A card that was stopped has nothing to confirm any more.
      "needs_confirmation": reason == .confirmationNeeded && !needsOtherMethod,
      "saves_method": savesMethod,
      "has_also_charged": !alsoCharged.isEmpty,
      "also_charged": alsoCharged.map { $0.values(locale: locale) },
      "pay_url": payURL,
    ]
    values["nonce"] = nonce
    values["card"] = method?.templateValues(shared.methods)
    values["reason"] = reason.map { shared.reasons[$0.rawValue] }
    values["next_retry_date"] = day(nextRetryAt)
    values["deadline_date"] = day(deadlineAt)
    return values
  }
}
