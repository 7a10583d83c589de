import Domain
import Engine
import Storage
import Stripe
import Templates

extension Ledger {
  /// Visits every agreement, a page at a time.
  func eachAgreement(_ visit: (Agreement) throws -> Void) throws {
    try eachAgreement(.all, limit: nil, visit)
  }

  /// Visits the agreements that are asked for, at most `limit`, a page at a time.
  func eachAgreement(_ filter: AgreementFilter, limit: Int?, _ visit: (Agreement) throws -> Void) throws {
    var last: AgreementID?
    var left = limit ?? Int.max
    while left > 0 {
      let size = min(left, 500)
      let page = try agreements(filter, after: last, limit: size)
      for agreement in page { try visit(agreement) }
      guard page.count == size else { return }
      left -= size
      last = page.last?.id
    }
  }

  func known(_ id: AgreementID) throws -> Agreement {
    guard let agreement = try agreement(id) else {
      throw CommandFailure.badInput("agreement \(id) is not in the ledger; `dues agreement list` shows what is")
    }
    return agreement
  }

  func known(_ id: ChargeID) throws -> ChargeReport {
    guard let report = try report(id) else {
      throw CommandFailure.badInput("charge \(id) is not in the ledger; `dues charge list` shows what is")
    }
    return report
  }
}

extension Program {
  /// Prints one charge: the document of `--json`, or a sheet for a person.
  func show(_ id: ChargeID, _ options: CommonOptions) throws {
    let report = try ledger.known(id)
    if options.json {
      StandardStreams.out(try JSONText.of(ChargeText(report, links: links)))
    } else {
      let left = try ledger.attemptsLeft(
        of: report.charge, maxPerCard30Days: configuration.retry.maxPerCard30Days, context(report.charge))
      ChargeSheet(report: report, links: links, attemptsLeft: left).lines.forEach(StandardStreams.out)
    }
  }

  func show(_ agreement: Agreement, _ options: CommonOptions) throws {
    if options.json {
      StandardStreams.out(try JSONText.of(AgreementText(agreement)))
    } else {
      try AgreementSheet(agreement, ledger: ledger).lines.forEach(StandardStreams.out)
    }
  }

  /// The policy and clock of a step that a person asks for.
  func context(_ charge: Charge) -> StepContext {
    let job = charge.origin.job.flatMap { jobs.jobs[$0] }
    return StepContext(
      now: now, policy: job?.policy ?? configuration.policy, hasPublicURL: links.publicURL != nil,
      zone: job?.schedule.zone ?? configuration.business.zone)
  }

  /// Reads a customer who can be charged.
  func chargeable(_ id: CustomerID) async throws -> StripeCustomer {
    do {
      let customer = try await engine.customer(id)
      guard customer.deleted != true else {
        throw CommandFailure.badInput("customer \(id) was deleted at Stripe; name another, or make the customer anew")
      }
      return customer
    } catch StripeTrouble.missing(let reason) {
      throw CommandFailure.badInput(
        "customer \(id) is not at Stripe (\(reason)); check the id, and that the key is of the same account and mode")
    }
  }

  /// The method to charge, chosen once; `nil` if the customer has none.
  func method(of customer: StripeCustomer, named: PaymentMethodID?) async throws -> PaymentMethod? {
    do {
      return try await engine.chooseMethod(for: customer, named: named)
    } catch {
      // Swift 6.3.1 crashes on a pattern in the catch of a typed throw that is thrown on.
      guard case .unusable(let reason) = error else { throw error }
      let which = named.map { "payment method \($0)" } ?? "the default payment method of customer \(customer.id)"
      throw CommandFailure.badInput("\(which) cannot be charged: \(reason)")
    }
  }
}
