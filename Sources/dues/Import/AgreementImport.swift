import Domain
import Engine
import Storage

/// Turns the drafts of a file into agreements: those that the ledger has already stay, for the others the customer and the
/// method are looked up at Stripe, each once.
struct AgreementImport {
  private let program: Program
  private let now: Timestamp
  private var lookup: CustomerLookup
  private(set) var new: [Agreement] = []
  private(set) var existing = 0
  private(set) var errors: [ImportError] = []
  /// The line on which a customer gets an agreement for a job.
  private var lines: [Place: Int] = [:]

  private struct Place: Hashable {
    let customer: CustomerID
    let job: String
  }

  init(_ program: Program) {
    self.program = program
    lookup = CustomerLookup(program)
    now = program.clock.now()
  }

  /// - Throws: what has nothing to do with the row: Stripe or the ledger cannot be reached.
  mutating func take(_ draft: AgreementDraft) async throws {
    let job: Job
    let money: Money
    do throws(CommandFailure) {
      job = try program.jobs.job(named: draft.job)
      money =
        try draft.amount.map { amount throws(CommandFailure) in
          try ChargeEnqueueCommand.money(amount, job.money.currency.code)
        } ?? job.money
    } catch {
      return refuse(draft, error.message)
    }
    let id = program.ledger.id.agreement(key: draft.key)
    if let there = try program.ledger.agreement(id) {
      // What the row leaves open is as it was.
      let wanted = draft.agreement(
        id, job, draft.amount == nil ? there.money : money, start: draft.start ?? there.start,
        method: there.paymentMethod, at: now)
      guard let difference = there.difference(from: wanted) else { return existing += 1 }
      return refuse(
        draft, "key \"\(draft.key)\" is agreement \(id) already, with other values: \(difference); use another key")
    }
    let place = Place(customer: draft.customer, job: draft.job)
    if let line = lines.updateValue(draft.line, forKey: place) {
      return refuse(draft, "customer \(draft.customer) gets an agreement for job \(draft.job) on line \(line) already")
    }
    if let live = try program.ledger.liveAgreement(of: draft.customer, job: draft.job) {
      return refuse(draft, "customer \(draft.customer) has agreement \(live.id) for job \(draft.job) already")
    }
    switch try await lookup.method(of: draft.customer, named: draft.method) {
    case .refused(let reason): refuse(draft, reason)
    case .value(let method):
      let start = draft.start ?? (method == nil ? nil : job.schedule.zone.date(at: now))
      new.append(draft.agreement(id, job, money, start: start, method: method?.id, at: now))
    }
  }

  private mutating func refuse(_ draft: AgreementDraft, _ message: String) {
    errors.append(ImportError(line: draft.line, message: message))
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
