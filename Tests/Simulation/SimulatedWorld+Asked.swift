import Domain
import Engine
import Foundation
import Storage
import Transport

/// What an admin asks for at the command line, about a charge that has failed or an agreement that goes on.
extension SimulatedWorld {
  private enum Wish: CaseIterable { case retry, settle, amount, terms, skip, method }

  func ask() async {
    switch chance.pick(Wish.allCases) {
    case .retry: await retryNow()
    case .settle: await settleOutside()
    case .amount: await changeAmount()
    case .terms: await planTerms()
    case .skip: await skipPeriod()
    case .method: await changeMethod()
    }
  }

  /// - Parameter now: this moment if not said.
  func context(_ charge: Charge, _ engine: Engine, at now: Timestamp? = nil) -> StepContext {
    StepContext(
      now: now ?? timeline.now, policy: engine.settings.policy(of: charge.origin.job), hasPublicURL: plan.hasPages,
      zone: .utc)
  }

  /// `dues charge retry`, sometimes with `--force`.
  private func retryNow() async {
    if let charge = chance.pickIfAny(judge.charges(in: ["recovering"])) { await retryNow(charge) }
  }

  func retryNow(_ charge: String) async {
    let isForced = chance.happens(300)
    if isForced { judge.waived(charge) }
    await command("retry") { engine in
      _ = try engine.ledger.retryNow(
        ChargeID(charge), waives24Hours: isForced, maxPerCard30Days: plan.maxPerCard, at: timeline.now
      ) { context($0, engine) }
    }
  }

  /// `dues charge settle`: paid in cash.
  private func settleOutside() async {
    guard chance.happens(500),
      let charge = chance.pickIfAny(judge.charges(in: chance.happens(700) ? ["recovering"] : nil))
    else { return }
    await command("settle") { engine in
      judge.settled(charge)
      _ = try engine.ledger.settleOutside(ChargeID(charge), note: "cash", at: timeline.now) { context($0, engine) }
    }
  }

  /// An agreement of an admin's making, whose costs are known.
  private func someAgreement() -> String? {
    chance.pickIfAny(memory.withLock { $0.agreements }.filter { judge.costs(of: $0) != nil })
  }

  /// `dues agreement update --amount`.
  private func changeAmount() async {
    guard let agreement = someAgreement() else { return }
    let amount = chance.int(2...9) * 450
    await command("amount") { engine in
      judge.mayCost(agreement, amount)
      _ = try engine.ledger.setAmount(
        of: AgreementID(agreement), to: Money(amount: Int64(amount), currency: .usd), at: timeline.now)
      judge.costsOnly(agreement, amount)
    }
  }

  /// `dues job apply`: another amount, from a date on.
  private func planTerms() async {
    guard let id = someAgreement() else { return }
    let amount = chance.int(2...9) * 350
    let today = ScheduleZone.simulated.date(at: timeline.now)
    let from = today.adding(days: chance.int(0...12))
    await command("terms") { engine in
      guard let agreement = try engine.ledger.agreement(AgreementID(id)) else { return }
      judge.mayCost(id, amount)
      let terms = Terms(
        money: Money(amount: Int64(amount), currency: .usd), description: agreement.description,
        statementDescriptorSuffix: nil, schedule: agreement.schedule)
      _ = try engine.ledger.change(
        agreement.id, to: TermsChange(from: from, terms: terms), today: today, at: timeline.now)
    }
  }

  /// `dues agreement skip`.
  private func skipPeriod() async {
    guard let id = chance.pickIfAny(memory.withLock { $0.agreements }) else { return }
    await command("skip") { engine in
      guard let agreement = try engine.ledger.agreement(AgreementID(id)),
        let turn = chance.pickIfAny(agreement.turns.prefix(3).map { $0.period.date })
      else { return }
      judge.maySkip(turn.description, of: id)
      _ = try engine.ledger.skip(turn, of: agreement.id, at: timeline.now)
      judge.skips(turn.description, of: id)
    }
  }

  /// `dues agreement update --payment-method`.
  private func changeMethod() async {
    guard let id = chance.pickIfAny(memory.withLock { $0.agreements }) else { return }
    await command("method") { engine in
      guard let agreement = try engine.ledger.agreement(AgreementID(id)),
        let method = chance.pickIfAny(memory.withLock { $0.methods[agreement.customer.text] ?? [] }),
        let known = try kept(method)
      else { return }
      _ = try engine.ledger.setMethod(of: agreement.id, to: known, at: timeline.now)
    }
  }
}
