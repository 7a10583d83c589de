import Domain
import Engine
import Storage

/// Brings in agreements: those that the ledger has already stay, the others are charged with what their customer has.
struct AgreementImport: ImportKind {
  private let ledger: Ledger
  private let jobs: JobCatalog
  private let now: Timestamp
  /// Where a customer gets an agreement for a job.
  private var lines = DoubledKeys()

  private struct Place: Hashable {
    let customer: CustomerID
    let job: String
  }

  init(ledger: Ledger, jobs: JobCatalog, now: Timestamp) {
    self.ledger = ledger
    self.jobs = jobs
    self.now = now
  }

  mutating func judge(_ drafts: [AgreementDraft]) throws -> [ImportVerdict] {
    let standing = try ledger.standing(at: drafts.map { (key: $0.key, customer: $0.customer, job: $0.job) })
    var verdicts: [ImportVerdict] = []
    for (draft, there) in zip(drafts, standing) { verdicts.append(judge(draft, there)) }
    return verdicts
  }

  private mutating func judge(_ draft: AgreementDraft, _ there: StandingAgreement?) -> ImportVerdict {
    let wanted: (job: Job, money: Money)
    do throws(CommandFailure) {
      wanted = try terms(of: draft)
    } catch {
      return .refused(error.message)
    }
    if case .sameKey(let same)? = there { return verdict(on: draft, wanted.job, wanted.money, beside: same) }
    let place = Place(customer: draft.customer, job: draft.job)
    if let line = lines.put(place, on: draft.line) {
      return .refused("customer \(draft.customer) gets an agreement for job \(draft.job) on line \(line) already")
    }
    if case .live(let live)? = there {
      return .refused("customer \(draft.customer) has agreement \(live.id) for job \(draft.job) already")
    }
    return .new
  }

  /// Of one whose key is there. What the row leaves open is as it was.
  private func verdict(
    on draft: AgreementDraft, _ job: Job, _ money: Money, beside there: Agreement
  ) -> ImportVerdict {
    let wanted = draft.agreement(
      there.id, job, draft.amount == nil ? there.money : money, start: draft.start ?? there.start,
      method: there.paymentMethod, at: now)
    guard let difference = there.difference(from: wanted) else { return .existing }
    return .refused(
      "key \"\(draft.key)\" is agreement \(there.id) already, with other values: \(difference); use another key")
  }

  func made(_ draft: AgreementDraft, method: PaymentMethodID?) throws -> Agreement {
    let wanted = try terms(of: draft)
    let start = draft.start ?? (method == nil ? nil : wanted.job.schedule.zone.date(at: now))
    return draft.agreement(
      ledger.id.agreement(key: draft.key), wanted.job, wanted.money, start: start, method: method, at: now)
  }

  func insert(_ next: () throws -> Agreement?) throws -> Int { try ledger.add(all: next, at: now) }

  private func terms(of draft: AgreementDraft) throws(CommandFailure) -> (job: Job, money: Money) {
    let job = try jobs.job(named: draft.job)
    if let start = draft.start { try AgreementStart.checked(start, today: job.schedule.zone.date(at: now)) }
    guard let amount = draft.amount else { return (job, job.money) }
    return (job, try ChargeEnqueueCommand.money(amount, job.money.currency.code))
  }
}

extension AgreementDraft {
  /// With a method it is active; without one it waits for a setup.
  fileprivate func agreement(
    _ id: AgreementID, _ job: Job, _ money: Money, start: CivilDate?, method: PaymentMethodID?, at now: Timestamp
  ) -> Agreement {
    let terms = Terms(
      money: money, description: job.description, statementDescriptorSuffix: job.statementDescriptorSuffix,
      schedule: job.schedule)
    return .new(
      id: id, state: method == nil ? .pending : .active, customer: customer, job: job.name, terms: terms, start: start,
      paymentMethod: method, key: key, consent: "admin", createdAt: now)
  }
}
