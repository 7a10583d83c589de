package import Domain
import GRDB

/// What a person changes about an agreement. Charges that are in the ledger keep what they were made with (law 1).
extension Ledger {
  /// Plans new terms from a date on, in place of what was planned before; they are in force at once where no period of the
  /// old ones is left before that date.
  ///
  /// - Throws: ``LedgerError/cannot(_:)`` for a canceled agreement, another currency, or a date that is not after the last
  ///   period charged.
  package func change(_ id: AgreementID, to change: TermsChange, at now: Timestamp) throws -> Agreement {
    try write(at: now) { db in
      var agreement = try db.changeable(id)
      guard agreement.money.currency == change.terms.money.currency else {
        throw LedgerError.cannot(
          "agreement \(id) is in \(agreement.money.currency), not \(change.terms.money.currency); make a new one")
      }
      if let last = try db.lastPeriod(of: id), last >= change.from.description {
        throw LedgerError.cannot(
          "agreement \(id) has a charge for \(last) already; new terms begin after that, not on \(change.from)")
      }
      agreement.change = change
      try db.note(.termsPlanned, agreement: id, at: now, change.detail)
      return try db.writeInForce(agreement, at: now)
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
      guard agreement.money != money else { return agreement }
      agreement.money = money
      if let change = agreement.change { agreement.change = change.costing(money) }
      try db.write(agreement)
      try db.note(
        .termsChanged, agreement: id, at: now,
        [
          "amount": "\(money)", "schedule": "\(agreement.schedule)",
          "from": agreement.nextPeriod.map { "\($0.date)" } ?? "its start",
        ])
      return agreement
    }
  }

  /// Another payment method, for what follows and for what the agreement owes; a pending agreement becomes active by it.
  package func setMethod(of id: AgreementID, to method: PaymentMethod, at now: Timestamp) throws -> Agreement {
    try write(at: now) { db in
      let agreement = try db.changeable(id)
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

  /// Writes an agreement, with the terms that are in force from its next period on.
  @discardableResult
  func writeInForce(_ agreement: Agreement, at now: Timestamp) throws -> Agreement {
    guard let change = agreement.change, let changed = agreement.taking(change) else {
      try write(agreement)
      return agreement
    }
    try write(changed)
    try note(.termsChanged, agreement: agreement.id, at: now, change.detail)
    return changed
  }
}

extension Agreement {
  static let mostSkipped = 100
  /// A daily agreement is looked at so far ahead: five years and more.
  private static let farthestTurn = 2000

  /// Whether what is charged, when and for what is the same as in another reading of it.
  func hasTerms(of other: Agreement) -> Bool {
    terms == other.terms && start == other.start && skipped == other.skipped && change == other.change
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
