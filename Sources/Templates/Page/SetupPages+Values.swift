import Domain
import Foundation

extension SetupPage {
  func values(locale: String, words: Phrasebook, methods: Phrasebook) -> [String: Any] {
    var values: [String: Any] = [
      "has_also_charged": !alsoCharged.isEmpty,
      "also_charged": alsoCharged.map { $0.values(locale: locale) },
      "save_url": saveURL,
    ]
    if let terms { values["agreement"] = terms.values(locale: locale, words: words, zone: zone) }
    values["card"] = method?.templateValues(methods)
    if let pending {
      var waiting = pending.values(locale: locale, methods: methods)
      waiting["is_pending"] = true
      // The page's own card is the one that is replaced.
      waiting["pending_card"] = waiting.removeValue(forKey: "card")
      values.merge(waiting) { $1 }
    }
    return values
  }
}

extension SetupPage.Terms {
  fileprivate func values(locale: String, words: Phrasebook, zone: TimeZone) -> [String: Any] {
    func day(_ time: Timestamp) -> String { DateFormat.day(time, zone: zone, locale: locale) }
    var values: [String: Any] = [
      "description": description.singleLine,
      "amount": AmountFormat.text(money, locale: locale),
      "schedule": PageWords.schedule(every, end: end, words: words, locale: locale),
    ]
    switch start {
    case .whenSaved: values["starts_when_saved"] = true
    case .first(let time): values["first_date"] = day(time)
    case .next(let time): values["next_date"] = day(time)
    case .paused: values["is_paused"] = true
    }
    return values
  }
}

extension SetupPendingPage {
  func values(locale: String, methods: Phrasebook) -> [String: Any] {
    var values: [String: Any] = ["uses_microdeposits": usesMicrodeposits]
    values["card"] = method?.templateValues(methods)
    values["arrival_date"] = arrivesAt.map { DateFormat.day($0, zone: zone, locale: locale) }
    values["verify_url"] = verifyURL
    return values
  }
}

extension SetupNotSavedPage {
  func values(shared: SharedWords) -> [String: Any] {
    var values: [String: Any] = ["is_refused": isRefused]
    values["card"] = method?.templateValues(shared.methods)
    values["reason"] = reason.map { shared.reasons[$0.rawValue] }
    values["save_url"] = saveURL
    values["retry_url"] = goOnURL
    values["can_save"] = saveURL != nil || goOnURL != nil
    return values
  }
}
