import Domain
import Foundation
import Logging
import Storage
import Stripe

/// Applies what waits in the inbox. An event is a hint (law 6): the object is read from Stripe, and the truth applied;
/// late, doubled, reordered and missing events change nothing in the end.
extension Engine {
  private static let batch = 200
  /// After so many tries, over about four hours, a person is told; the tries go on.
  private static let triesBeforeHuman = 8
  /// A payment whose session does not show it is recorded alone after so many tries, over a quarter of an hour.
  private static let triesForSession = 4

  /// That events were applied is committed for a batch together: after a crash in between they are applied again, which
  /// changes nothing.
  ///
  /// - Returns: how many were about something of ours.
  package func applyEvents() async throws -> Int {
    var applied = 0
    while true {
      let waiting = try ledger.eventsWaiting(at: now, limit: Self.batch)
      var done: [(event: EventID, isOurs: Bool)] = []
      // What is gone first: a card that was detached meanwhile does not become the one of what follows.
      for event in waiting.filter(\.isDetachment) + waiting.filter({ !$0.isDetachment }) {
        if let isOurs = try await take(event) { done.append((event.id, isOurs)) }
      }
      try ledger.applied(done, at: now)
      applied += done.count { $0.isOurs }
      if waiting.count < Self.batch { return applied }
    }
  }

  /// What Stripe has answered to the attempt already: that it succeeded, and what it collected. There is nothing to read.
  private func isKnown(_ event: EventRecord) throws -> Bool {
    guard event.type == "payment_intent.succeeded", event.names(ledger.id), let charge = event.charge,
      let attempt = event.attempt
    else { return false }
    return try ledger.hasPayment(through: PaymentIntentID(event.object), by: attempt, of: charge)
  }

  /// One event that fails does not hold up the others; it is tried again later.
  ///
  /// - Returns: whether it is about something of ours; `nil` if it could not be applied.
  private func take(_ event: EventRecord) async throws -> Bool? {
    do {
      if try isKnown(event) { return true }
      try fenceIfUnknown(event)
      return try await apply(event)
    } catch {
      let wait = Duration.minutes(1 << Int64(min(event.tries, 8)))
      try ledger.notApplied(event.id, reason: "\(error)", nextTryAt: now + wait, at: now)
      if event.tries >= Self.triesBeforeHuman {
        try ledger.raise(.eventFailing, event.id.text, advice: HumanMatter.eventFailing.advice, at: now)
      }
      logger.warning("an event could not be applied yet", metadata: ["event": "\(event.id)", "reason": "\(error)"])
      return nil
    }
  }

  private func apply(_ event: EventRecord) async throws -> Bool {
    switch event.type.split(separator: ".").first {
    case "checkout": try await applyCheckout(event)
    // Only for the fence, which has looked at it.
    case "payment_intent" where event.type == "payment_intent.created": Mention(event.metadata, of: ledger.id) != nil
    case "payment_intent": try await applyIntent(PaymentIntentID(event.object), event)
    case "setup_intent": try await applySetupIntent(SetupIntentID(event.object))
    case "charge", "refund": try await applyMoneyBack(event)
    case "mandate": try await applyMandate(event.object)
    case "payment_method": try await applyMethod(PaymentMethodID(event.object), event)
    case "customer": try await applyCustomer(CustomerID(event.object))
    default: false
    }
  }

  private func applyCheckout(_ event: EventRecord) async throws -> Bool {
    let session = CheckoutSessionID(event.object)
    if try ledger.setup(session: session) != nil {
      _ = try await completeSetup(session)
      return true
    }
    if try ledger.checkout(session: session) == nil, try await !adopt(session, event) {
      return try await applyUnknown(session, event)
    }
    switch try await settle(session) {
    case .paid, .processing, .open, .expired, .wrongAmount: return true
    case .notOurs: return false
    case .unreadable(let reason): throw StripeTrouble.unreadable(reason)
    }
  }

  /// A session of ours whose creation was never answered: its request is in the ledger, its id is not.
  private func adopt(_ session: CheckoutSessionID, _ event: EventRecord) async throws -> Bool {
    guard event.names(ledger.id), let charge = event.charge, let waiting = try ledger.liveCheckout(of: charge),
      waiting.state == .opening
    else { return false }
    let read = try await read(CheckoutSession.self, .retrieveCheckout(session, expanding: []))
    guard read.isMade(by: waiting) else { return false }
    _ = try ledger.checkoutOpened(
      waiting, session: session, url: read.url, expiresAt: Timestamp(seconds: read.expiresAt), at: now)
    return true
  }

  /// A session under our ledger's id that is none of the ledger's: another copy has made it, under a number that was given
  /// here as well. What it has collected counts; whether it still can is for a person.
  private func applyUnknown(_ session: CheckoutSessionID, _ event: EventRecord) async throws -> Bool {
    guard event.names(ledger.id), let id = event.charge, let charge = try ledger.charge(id) else { return false }
    let read = try await read(CheckoutSession.self, .retrieveCheckout(session, expanding: [.latestCharge]))
    // Its own request may have been answered meanwhile.
    guard read.status != .expired, try ledger.checkout(session: session) == nil else { return false }
    try ledger.raiseFence(because: "\(session), \(read.status?.rawValue ?? "unknown"), of \(id)", at: now)
    guard read.paymentStatus == .paid, let intent = read.paymentIntent?.object, let received = intent.received else {
      return true
    }
    _ = try ledger.intentSucceeded(intent.id, of: id, received: received, by: .checkout, context(charge))
    return true
  }

  private func applyIntent(_ intent: PaymentIntentID, _ event: EventRecord) async throws -> Bool {
    guard let id = try ledger.charge(ofIntent: intent) ?? (event.names(ledger.id) ? event.charge : nil),
      let charge = try ledger.charge(id)
    else { return false }
    guard let number = event.attempt else {
      if event.type == "payment_intent.succeeded" { try await receive(intent, event, outsideOfAttempts: charge) }
      return true
    }
    let attempts = try ledger.attempts(of: id)
    let attempt = attempts.last { $0.intent == intent } ?? attempts.first { $0.number == number && $0.intent == nil }
    if let attempt {
      try await look(at: intent, attempt: attempt, of: charge)
    } else {
      try await adopt(intent, attempt: number, of: charge)
    }
    return true
  }

  /// An intent that no attempt of ours made belongs to a checkout, which says what it has collected; or somebody else has
  /// made it under our metadata. What that has collected counts as well, or is one too many.
  private func receive(
    _ intent: PaymentIntentID, _ event: EventRecord, outsideOfAttempts charge: Charge
  ) async throws {
    guard try ledger.payment(through: intent) == nil else { return }
    if let checkout = try ledger.latestCheckout(of: charge.id), let session = checkout.session {
      let settlement = try await settle(session)
      guard try ledger.payment(through: intent) == nil else { return }
      switch settlement {
      case .unreadable(let reason): throw StripeTrouble.unreadable(reason)
      // The session says it with its line items and its card; it may be a moment behind its intent.
      case .open, .processing:
        if event.checkout == checkout.number, event.tries < Self.triesForSession {
          throw StripeTrouble.unreadable("session \(session) does not show its payment yet")
        }
      case .paid, .expired, .wrongAmount, .notOurs: break
      }
    }
    let read = try await read(PaymentIntent.self, .retrieveIntent(intent))
    guard read.status == .succeeded, let received = read.received else { return }
    _ = try ledger.intentSucceeded(intent, of: charge.id, received: received, by: .checkout, context(charge))
  }

  /// An intent under our ledger's id that belongs to no attempt without an answer. What it has collected counts. One that
  /// could still collect is what a next attempt confirms, unless the ledger has never written its attempt: that is for who
  /// lifts the fence.
  private func adopt(_ intent: PaymentIntentID, attempt number: Int, of charge: Charge) async throws {
    let read = try await read(PaymentIntent.self, .retrieveIntent(intent))
    if read.status == .succeeded, let received = read.received {
      _ = try ledger.intentSucceeded(intent, of: charge.id, received: received, by: .offSession, context(charge))
    } else if read.status != .canceled, let mention = Mention(read.metadata, of: ledger.id),
      try !ledger.lacks(mention)
    {
      try adopt(read, attempt: number, of: charge.id)
    }
  }

  private func applySetupIntent(_ intent: SetupIntentID) async throws -> Bool {
    guard let session = try ledger.setup(intent: intent)?.session else { return false }
    _ = try await completeSetup(session)
    return true
  }

  private func applyMethod(_ method: PaymentMethodID, _ event: EventRecord) async throws -> Bool {
    guard let known = try ledger.paymentMethod(method) else { return false }
    if event.type == "payment_method.detached" {
      try ledger.detach(method, at: now)
      return true
    }
    let read = try await read(StripePaymentMethod.self, .retrievePaymentMethod(method))
    try ledger.methodSeen(read.kept(mandate: known.mandate), at: now)
    return true
  }

  /// Whether a bank account may still be debited. Mandates of ours come from setups, whose SetupIntents show them.
  private func applyMandate(_ mandate: String) async throws -> Bool {
    guard let method = try ledger.paymentMethod(mandate: mandate),
      let intent = try ledger.setup(method: method.id)?.setupIntent
    else { return false }
    let shown = try await read(SetupIntent.self, .retrieveSetupIntent(intent)).mandate?.object
    guard shown?.id.text == mandate, let status = shown?.status else { return false }
    try ledger.mandateSeen(of: method, isInactive: status == .inactive, at: now)
    return true
  }

  private func applyCustomer(_ id: CustomerID) async throws -> Bool {
    guard try ledger.customer(id) != nil else { return false }
    _ = try await customer(id)
    return true
  }
}

extension EventRecord {
  fileprivate var isDetachment: Bool { type == "payment_method.detached" }

  private func value(_ key: String) -> String? { metadata[key] }

  /// What of its object's metadata was kept, and the payment that it is about.
  var metadata: [String: String] {
    var pairs: [String: String] = [:]
    for line in String(decoding: payload, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2, pairs[parts[0]] == nil { pairs[parts[0]] = parts[1] }
    }
    return pairs
  }

  fileprivate func names(_ ledger: LedgerID) -> Bool { value("dues_ledger") == ledger.text }
  fileprivate var charge: ChargeID? { value("dues_charge").map { ChargeID($0) } }
  /// The payment that a charge, a refund or a dispute is about.
  var intent: PaymentIntentID? { value("payment_intent").map { PaymentIntentID($0) } }
  fileprivate var checkout: Int? { value("dues_checkout").flatMap { Int($0) } }
  fileprivate var attempt: Int? { value("dues_attempt").flatMap { Int($0) } }
}
