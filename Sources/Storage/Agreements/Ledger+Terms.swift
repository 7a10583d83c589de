package import Domain
import GRDB

/// What a person changes about an agreement. Charges that are in the ledger keep what they were made with (law 1).
extension Ledger {
  /// Plans new terms from a date on, in place of what was planned before. The present terms, said again, take back what was
  /// planned. They take force with the first period that is charged by them; until then they may be put off.
  ///
  /// - Parameter today: in the agreement's zone; new terms never begin in the past.
  /// - Throws: ``LedgerError/cannot(_:)`` for an agreement that is canceled or at its end, another currency, or a date that
  ///   is past, or not after the last period charged.
  package func change(_ id: AgreementID, to change: TermsChange, today: CivilDate, at now: Timestamp) throws
    -> Agreement
  {
    try write(at: now) { db in
      var agreement = try db.changeable(id)
      if let why = agreement.whyNot(change, today: today, lastPeriod: try db.lastPeriod(of: id)) {
        throw LedgerError.cannot("agreement \(id) \(why)")
      }
      let planned = agreement.terms == change.terms ? nil : change
      guard agreement.change != planned else { return agreement }
      agreement.change = planned
      try db.write(agreement)
      try db.note(.termsPlanned, agreement: id, at: now, change.detail)
      return agreement
    }
  }

  /// Another amount for the periods that are not in the ledger yet, in the agreement's own currency; the same in what is
  /// planned for later.
  package func setAmount(of id: AgreementID, to money: Money, at now: Timestamp) throws -> Agreement {
    try write(at: now) { db in
      var agreement = try db.changeable(id)
      guard agreement.money.currency == money.currency else {
        throw LedgerError.cannot("agreement \(id) is in \(agreement.money.currency), not \(money.currency)")
      }
      let before = agreement
      agreement.money = money
      if let change = agreement.change { agreement.change = change.costing(money) }
      guard agreement != before else { return agreement }
      try db.write(agreement)
      try db.noteTerms(.termsChanged, of: agreement, from: agreement.nextPeriod?.date, at: now)
      return agreement
    }
  }

  /// Another payment method, for what follows and for what the agreement owes; a pending agreement becomes active by it.
  package func setMethod(of id: AgreementID, to method: PaymentMethod, at now: Timestamp) throws -> Agreement {
    try write(at: now) { db in
      let agreement = try db.changeable(id)
      if let only = method.onlyCurrency, only != agreement.money.currency {
        throw LedgerError.cannot(
          "payment method \(method.id) can be charged in \(only) only, and agreement \(id) is in \(agreement.money.currency)"
        )
      }
      try db.save(method, at: now)
      guard let old = agreement.paymentMethod else {
        return try db.give(method.id, to: agreement, completedAt: now, at: now)
      }
      guard old != method.id else { return agreement }
      var changed = agreement
      changed.paymentMethod = method.id
      try db.write(changed)
      try db.note(.methodChanged, agreement: id, at: now, ["method": method.id.text, "reason": "a person chose it"])
      try db.charge(owedOf: changed, from: old, to: method.id, at: now)
      return changed
    }
  }

  /// Takes a period out before it is due: nothing is charged for it, and the ones after keep their dates.
  ///
  /// - Throws: ``LedgerError/cannot(_:)`` if nothing is due on that date, or its charge is there already.
  package func skip(_ date: CivilDate, of id: AgreementID, at now: Timestamp) throws -> Agreement {
    try write(at: now) { db in
      var agreement = try db.changeable(id)
      let key = PeriodKey(date)
      if let row = try db.row("SELECT id FROM charges WHERE agreement = ? AND period = ?", [id.text, key.text]) {
        let charge: String = row["id"]
        throw LedgerError.cannot(
          "period \(key) is charge \(charge) already; `dues charge cancel \(charge)` withdraws it")
      }
      guard !agreement.skipped.contains(key) else { return agreement }
      guard agreement.skipped.count < Agreement.mostSkipped else {
        throw LedgerError.cannot(
          "agreement \(id) has \(Agreement.mostSkipped) periods skipped; `dues agreement pause` it instead")
      }
      guard agreement.start != nil else {
        throw LedgerError.cannot("agreement \(id) has not started: its dates are not known yet")
      }
      guard agreement.nextPeriod != nil else {
        throw LedgerError.cannot("agreement \(id) has come to its end: nothing more of it is due")
      }
      guard agreement.hasTurn(on: date) else {
        let next = agreement.turns.prefix(3).map { "\($0.period.date)" }.joined(separator: ", ")
        throw LedgerError.cannot("nothing of agreement \(id) is due on \(date); the next are \(next)")
      }
      agreement.skipped.insert(key)
      try db.write(agreement)
      try db.note(.periodSkipped, agreement: id, at: now, ["period": key.text])
      return agreement
    }
  }
}

extension Ledger {
  /// The newest period of an agreement that has a charge.
  package func lastPeriod(of agreement: AgreementID) throws -> PeriodKey? {
    try read { db in try db.lastPeriod(of: agreement).map { PeriodKey($0) } }
  }
}

extension Database {
  fileprivate func changeable(_ id: AgreementID) throws -> Agreement {
    let agreement = try agreement(id)
    guard agreement.state != .canceled else {
      throw LedgerError.cannot("agreement \(id) is canceled; nothing of it can be changed")
    }
    return agreement
  }

  /// Period keys are dates, and sort as such.
  fileprivate func lastPeriod(of agreement: AgreementID) throws -> String? {
    try String.fetchOne(
      cachedStatement(sql: "SELECT max(period) FROM charges WHERE agreement = ?"), arguments: [agreement.text])
  }

  /// From when on an agreement charges what; `nil`: from now on.
  func noteTerms(_ what: Happening, of agreement: Agreement, from: CivilDate?, at now: Timestamp) throws {
    try note(
      what, agreement: agreement.id, at: now,
      [
        "amount": "\(agreement.money)", "schedule": "\(agreement.schedule)",
        "from": from.map { "\($0)" } ?? "now",
      ])
  }
}

extension Agreement {
  static let mostSkipped = 100
  /// A daily agreement is looked at so far ahead: five years and more.
  private static let farthestTurn = 2000

  /// Whether another reading of it would charge the same next.
  func isAtTurn(of other: Agreement) -> Bool {
    terms == other.terms && anchor == other.anchor && nextIndex == other.nextIndex && skipped == other.skipped
      && change == other.change
  }

  /// Why it cannot be given other terms; `nil`: it can.
  package func whyNot(_ change: TermsChange, today: CivilDate, lastPeriod: String?) -> String? {
    if isFinished { return "has come to its end; make a new one with the customer's consent" }
    if money.currency != change.terms.money.currency {
      return "is in \(money.currency), and the new terms in \(change.terms.money.currency); make a new one"
    }
    if change.from < today { return "cannot change from \(change.from) on, which is past; name today or later" }
    if let lastPeriod, lastPeriod >= change.from.description {
      return "has a charge for \(lastPeriod) already; new terms begin after that, not on \(change.from)"
    }
    return nil
  }

  fileprivate func hasTurn(on date: CivilDate) -> Bool {
    for turn in turns.prefix(Self.farthestTurn) where turn.period.date >= date { return turn.period.date == date }
    return false
  }
}

extension TermsChange {
  fileprivate func costing(_ money: Money) -> TermsChange {
    TermsChange(
      from: from,
      terms: Terms(
        money: money, description: terms.description, statementDescriptorSuffix: terms.statementDescriptorSuffix,
        schedule: terms.schedule))
  }

  fileprivate var detail: KeyValuePairs<String, String?> {
    ["amount": "\(terms.money)", "schedule": "\(terms.schedule)", "from": "\(from)"]
  }
}
