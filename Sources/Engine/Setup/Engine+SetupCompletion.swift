package import Domain
import Logging
import Storage
import Stripe
import Templates

/// What a finished setup session comes to. Webhook, landing page, `dues setup complete` and `sync` all run this, at once
/// and as often as they like: the same result once.
extension Engine {
  /// Takes a finished setup session: saves the method and, with a job, makes the agreement or replaces its method.
  package func completeSetup(_ id: CheckoutSessionID) async throws -> SetupResult {
    guard let setup = try ledger.setup(session: id) else { return .notOurs }
    if let known = try known(setup, id) { return known }
    let session = try await read(
      CheckoutSession.self,
      .retrieveCheckout(id, expanding: [.setupIntent, .setupIntentPaymentMethod, .setupIntentMandate]))
    switch session.status {
    case .open: return .open(url: session.url)
    case .expired:
      try ledger.setupExpired(setup.number, at: now)
      return .ended("the session expired; make another one")
    case .complete, .unknown, nil: break
    }
    guard let intent = session.setupIntent?.object else { return .ended("the session has no SetupIntent") }
    let owner = namedOwner(of: setup, session, intent)
    let done = FinishedSetup(setup: setup, id: id, session: session, intent: intent, owner: owner)
    switch intent.status {
    case .succeeded: return try await keep(done)
    case .processing, .requiresAction, .requiresConfirmation: return try await wait(for: done)
    case .requiresPaymentMethod, .canceled: return try await giveUp(done)
    case .unknown: throw StripeTrouble.unreadable("setup intent \(intent.id) has a status that is new to dues")
    }
  }

  /// What the ledger knows for good; Stripe is not asked again.
  private func known(_ setup: SetupRecord, _ id: CheckoutSessionID) throws -> SetupResult? {
    switch setup.state {
    case .complete:
      guard let customer = setup.customer,
        let method = try setup.paymentMethod.flatMap({ try ledger.paymentMethod($0) })
      else { return nil }
      return .complete(
        SetupCompletion(
          session: id, customer: customer, method: method,
          agreement: try setup.agreement.flatMap { try ledger.agreement($0) }))
    case .refused:
      return .refused(
        SetupRejection(
          refusal: setup.refusal ?? .notAttachable, customer: setup.customer,
          method: try setup.paymentMethod.flatMap { try ledger.paymentMethod($0) }))
    case .expired: return .ended("the session expired; make another one")
    case .opening, .open, .verifying, .failed: return nil
    }
  }

  /// The method is saved at Stripe: judged, given to its customer if it has none, and kept.
  private func keep(_ done: FinishedSetup) async throws -> SetupResult {
    guard let shown = done.intent.paymentMethod?.object else {
      return .ended("the SetupIntent names no payment method")
    }
    if let refusal = try judge(done, shown, isVerified: true) { return try await refuse(done, shown, refusal) }
    let owner = try await owner(of: done)
    let customer = try await read(StripeCustomer.self, .retrieveCustomer(owner)).kept
    guard !customer.isDeleted else { return try await refuse(done, shown, .customerGone) }
    if shown.customer == nil, try await !attach(shown.id, to: owner, for: done.setup) {
      return try await refuse(done, shown, .notAttachable)
    }
    let saved = saved(done, shown, customer, state: .active)
    let agreement = try ledger.completeSetup(saved, at: now)
    if let there = try ledger.setup(session: done.id), there.state == .refused, let known = try known(there, done.id) {
      return known
    }
    if let job = done.setup.job, agreement == nil {
      try ledger.raise(
        .badJob, job,
        advice:
          "a customer completed \(done.id), but the job file cannot be used; mend it and run `dues setup complete \(done.id)`",
        at: now)
    }
    return .complete(
      SetupCompletion(session: done.id, customer: owner, method: saved.method, agreement: agreement))
  }

  /// The customer is done, the bank is not: two small deposits are on their way, or it takes its time.
  private func wait(for done: FinishedSetup) async throws -> SetupResult {
    guard let shown = done.intent.paymentMethod?.object else {
      throw StripeTrouble.unreadable("setup intent \(done.intent.id) waits and names no payment method")
    }
    if let refusal = try judge(done, shown, isVerified: false) { return try await refuse(done, shown, refusal) }
    let owner = try await owner(of: done)
    let customer = try await read(StripeCustomer.self, .retrieveCustomer(owner)).kept
    guard !customer.isDeleted else { return try await refuse(done, shown, .customerGone) }
    let deposits = done.intent.nextAction?.verifyWithMicrodeposits
    let saved = saved(done, shown, customer, state: .pending)
    let url = deposits?.hostedVerificationUrl
    let agreement = try ledger.setupVerifying(saved, verificationURL: url, at: now)
    return .verifying(
      SetupVerification(
        method: saved.method, agreement: agreement, url: url,
        arrivesAt: deposits?.arrivalDate.map { Timestamp(seconds: $0) }, usesMicrodeposits: deposits != nil))
  }

  /// The customer was done, and the bank did not verify what was entered, or somebody has canceled it.
  private func giveUp(_ done: FinishedSetup) async throws -> SetupResult {
    var customer: Customer?
    if case .customer(let id) = done.owner {
      customer = try await read(StripeCustomer.self, .retrieveCustomer(id)).kept
    }
    let method = try done.setup.paymentMethod.flatMap { try ledger.paymentMethod($0) }
    let reason =
      done.intent.lastSetupError?.message
      ?? (done.intent.status == .canceled ? "it was canceled" : "the bank did not verify it")
    let link = customer.map { SetupLink(customer: $0.id, job: done.setup.job) }
    let entered = done.intent.paymentMethod?.object ?? done.intent.lastSetupError?.paymentMethod
    let completedAt = done.setup.completedAt ?? entered.map { done.completedAt($0, by: stripeNow) } ?? stripeNow
    let make = customer.flatMap {
      agreement(of: done, customer: $0.id, method: nil, state: .pending, completedAt: completedAt)
    }
    try ledger.setupFailed(
      LostSetup(
        number: done.setup.number, session: done.id, customer: customer, method: method, reason: reason,
        make: customer?.isDeleted == true ? nil : make, invitationURL: link.flatMap { links.setup($0) },
        completedAt: completedAt, consent: done.consent),
      at: now)
    return .ended("the payment method was not verified (\(reason)); make another session")
  }

  private func judge(
    _ done: FinishedSetup, _ shown: StripePaymentMethod, isVerified: Bool
  ) throws -> SetupRefusal? {
    if case .disputed = done.owner { return .otherCustomer }
    let judgment = SetupJudgment(
      methods: settings.methods, today: settings.zone.date(at: stripeNow),
      isStopped: try ledger.isStopped(budgetKey: shown.kept(mandate: nil).budgetKey))
    return judgment.refusal(of: shown, in: done.intent, isVerified: isVerified)
  }

  private func refuse(
    _ done: FinishedSetup, _ shown: StripePaymentMethod, _ refusal: SetupRefusal
  ) async throws -> SetupResult {
    var customer: Customer?
    // Somebody else's method is not kept under this customer.
    if refusal != .otherCustomer, case .customer(let id) = done.owner {
      customer = try await read(StripeCustomer.self, .retrieveCustomer(id)).kept
    }
    var method = shown.kept(mandate: done.intent.mandate?.id.text)
    method.customer = shown.customer?.id
    let kept = refusal == .otherCustomer ? nil : method
    try ledger.setupRefused(
      LostSetup(
        number: done.setup.number, session: done.id, customer: customer, method: kept, reason: refusal.words,
        make: nil, invitationURL: nil, completedAt: done.completedAt(shown, by: stripeNow), consent: done.consent),
      refusal, at: now)
    logger.notice(
      "a method that was saved in a setup cannot be charged",
      metadata: ["session": "\(done.id)", "reason": "\(refusal.words)"])
    return .refused(SetupRejection(refusal: refusal, customer: customer?.id, method: kept))
  }

  private func owner(of done: FinishedSetup) async throws -> CustomerID {
    if case .customer(let id) = done.owner { return id }
    return try await makeCustomer(for: done.setup, done.session.customerDetails)
  }

  private func saved(
    _ done: FinishedSetup, _ shown: StripePaymentMethod, _ customer: Customer, state: Agreement.State
  ) -> SavedSetup {
    var method = shown.kept(mandate: done.intent.mandate?.id.text)
    // Until it is verified it may belong to nobody yet.
    method.customer = state == .active ? customer.id : shown.customer?.id
    // The method is made when the customer submits the page, so every way in finds the same day, however late it is.
    let completedAt = done.setup.completedAt ?? done.completedAt(shown, by: stripeNow)
    let make = agreement(
      of: done, customer: customer.id, method: method.id, state: state, completedAt: completedAt)
    return SavedSetup(
      number: done.setup.number, session: done.id, customer: customer, method: method, completedAt: completedAt,
      consent: done.consent, make: make, setupIntent: done.intent.id)
  }

  /// The agreement of a setup with a job, by the terms that were shown; it starts the day the session is completed.
  private func agreement(
    of done: FinishedSetup, customer: CustomerID, method: PaymentMethodID?, state: Agreement.State,
    completedAt: Timestamp
  ) -> Agreement? {
    guard let job = done.setup.job, let terms = done.setup.terms ?? settings.terms(of: job) else { return nil }
    return .new(
      id: ledger.id.agreement(key: done.id.text), state: state, customer: customer, job: job, terms: terms,
      start: terms.schedule.zone.date(at: completedAt), paymentMethod: method, key: nil, consent: done.id.text,
      createdAt: now)
  }
}

/// A completed session, as Stripe shows it.
private struct FinishedSetup {
  let setup: SetupRecord
  let id: CheckoutSessionID
  let session: CheckoutSession
  let intent: SetupIntent
  let owner: Engine.NamedOwner

  var consent: SetupConsent {
    SetupConsent(termsOfService: session.consent?.termsOfService, promotions: session.consent?.promotions)
  }

  /// Not before the session was made, and not after now, whatever Stripe shows.
  func completedAt(_ method: StripePaymentMethod, by now: Timestamp) -> Timestamp {
    let made = method.created.map { Timestamp(seconds: $0) } ?? now
    return min(max(made, Timestamp(seconds: session.created)), now)
  }
}
