import Domain
import Foundation
import Logging
import Storage
import Stripe

/// Whose a saved method is, and making it so: a session without a customer leaves a method that belongs to nobody.
extension Engine {
  /// Whom a session, its intent and its method name.
  enum NamedOwner: Sendable, Equatable {
    case customer(CustomerID)
    case nobody
    /// They name different ones, or another one than the session was made for.
    case disputed
  }

  func namedOwner(of setup: SetupRecord, _ session: CheckoutSession, _ intent: SetupIntent) -> NamedOwner {
    let named = [
      setup.customer, session.customer?.id, intent.customer?.id, intent.paymentMethod?.object?.customer?.id,
    ].compactMap { $0 }
    guard let first = named.first else { return .nobody }
    return named.allSatisfy { $0 == first } ? .customer(first) : .disputed
  }

  /// The customer that a method saved by nobody is to belong to: written before it is sent, under a key of the setup's, so
  /// that however many complete it at once there is one customer.
  func makeCustomer(for setup: SetupRecord, _ details: CheckoutSession.CustomerDetails?) async throws -> CustomerID {
    try await readBeforeSending()
    var turn = 1
    while true {
      let request = try ledger.writeSetupRequest(.customer, of: setup.number, turn: turn, at: now) { turn in
        let key = "\(ledger.id):setup:\(setup.number):customer:\(turn)"
        let request = StripeRequest.createCustomer(
          email: details?.email, name: details?.name, metadata: setupMetadata(setup.number), idempotencyKey: key)
        return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
      }
      if let made = try await customer(madeBy: request, for: setup) {
        try ledger.setupRequestDone(request, result: made.text, at: now)
        // Of two that ended at once the first counts for both.
        return try setup.session.flatMap { try ledger.setup(session: $0)?.customer } ?? made
      }
      turn = request.turn + 1
    }
  }

  /// - Returns: `nil` if its key is dead and Stripe shows no such customer: then another one is asked for.
  private func customer(madeBy request: SetupRequestRecord, for setup: SetupRecord) async throws -> CustomerID? {
    if let result = request.result { return CustomerID(result) }
    // Of a session so old an older copy of the ledger may have forgotten the customer, and their key be dead.
    if now - setup.writtenAt >= Self.resendLimit, let found = try await findCustomer(of: setup) { return found }
    // From 20 hours on it is never sent again, only looked for (law 3).
    if now - request.writtenAt >= Self.resendLimit {
      guard now - request.writtenAt >= Self.keyLife else {
        throw StripeTrouble.unreachable("the customer of setup \(request.setup) is not seen at Stripe yet")
      }
      return nil
    }
    switch await send(StripeRequest(request.request), writtenAt: request.writtenAt).holding(StripeCustomer.self) {
    case .object(let customer): return customer.id
    case .failure(_, let error):
      throw StripeTrouble.refused(error.sentence, isAuthenticationProblem: error.isAuthenticationProblem)
    case .indeterminate(let reason, _), .notSent(let reason): throw StripeTrouble.unreachable(reason)
    }
  }

  /// No customer of a setup is older than its session.
  private func findCustomer(of setup: SetupRecord) async throws -> CustomerID? {
    let wanted = Dictionary(uniqueKeysWithValues: setupMetadata(setup.number))
    // By Stripe's clock, not by ours.
    let since = inStripesTime(setup.writtenAt) - .minutes(10)
    var last: CustomerID?
    while true {
      let page = try await read(
        StripeList<StripeCustomer>.self,
        .listCustomers(createdSince: since, startingAfter: last))
      if let found = page.data.first(where: { ($0.metadata ?? [:]).merging(wanted) { $1 } == $0.metadata }) {
        return found.id
      }
      guard page.hasMore, let end = page.data.last else { return nil }
      last = end.id
    }
  }

  /// Gives a method that belongs to nobody to a customer. Stripe lets it belong to one only.
  ///
  /// - Returns: whether it is theirs now; `false` if Stripe does not allow it.
  func attach(_ method: PaymentMethodID, to customer: CustomerID, for setup: SetupRecord) async throws -> Bool {
    func frozen(_ turn: Int) -> FrozenRequest {
      let key = "\(ledger.id):setup:\(setup.number):attach:\(turn)"
      let request = StripeRequest.attachPaymentMethod(method, to: customer, idempotencyKey: key)
      return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
    }
    try await readBeforeSending()
    var request = try ledger.writeSetupRequest(.attach, of: setup.number, turn: 1, at: now, freeze: frozen)
    if request.request != frozen(request.turn) {
      // Another method than before: what the customer entered first was not verified.
      request = try ledger.writeSetupRequest(
        .attach, of: setup.number, turn: request.turn + 1, at: now, freeze: frozen)
    }
    // Attaching twice is attaching once, so an old key that is dead does no harm here.
    switch await send(StripeRequest(request.request)).holding(StripePaymentMethod.self) {
    case .object(let attached):
      try ledger.setupRequestDone(request, result: attached.id.text, at: now)
      return attached.id == method && attached.customer?.id == customer
    case .failure(_, let error):
      if error.isAuthenticationProblem {
        throw StripeTrouble.refused(error.sentence, isAuthenticationProblem: true)
      }
      logger.warning(
        "a method could not be attached", metadata: ["setup": "\(setup.number)", "reason": "\(error.sentence)"])
      // Somebody else may have done it meanwhile: what Stripe shows counts.
      let shown = try await read(StripePaymentMethod.self, .retrievePaymentMethod(method))
      return shown.customer?.id == customer
    case .indeterminate(let reason, _), .notSent(let reason): throw StripeTrouble.unreachable(reason)
    }
  }
}
