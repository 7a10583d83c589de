import Domain
import Stripe
import Testing

/// A customer and a method that is attached to them.
struct Saved: Sendable {
  let customer: CustomerID
  let method: PaymentMethodID
}

extension Contract {
  /// A new customer, who is deleted after the case.
  func customer() async throws -> CustomerID {
    let customer = try await success(
      .createCustomer(
        email: "jenny@example.com", name: "Jenny Rosen", metadata: [("dues_contract", Contract.run)],
        idempotencyKey: freshKey()), StripeCustomer.self
    ).id
    made(customer)
    return customer
  }

  /// Attaches one of Stripe's test methods, to a new customer if there is none; gives the id of the copy.
  func save(_ name: PaymentMethodID, for customer: CustomerID? = nil) async throws -> Saved {
    var owner = customer
    if owner == nil { owner = try await self.customer() }
    let customer = try #require(owner)
    let method = try await success(
      .attachPaymentMethod(name, to: customer, idempotencyKey: freshKey()), StripePaymentMethod.self)
    return Saved(customer: customer, method: method.id)
  }

  func intent(
    _ saved: Saved, amount: Int64 = 1099, currency: Currency = .usd, methods: PaymentMethodTypes = .list(["card"])
  ) -> OffSessionIntent {
    OffSessionIntent(
      money: Money(amount: amount, currency: currency), customer: saved.customer, paymentMethod: saved.method,
      description: "Gold membership", statementDescriptorSuffix: "GOLD", metadata: [("dues_contract", Contract.run)],
      methods: methods, isRecurring: true, mandate: nil)
  }

  /// An off-session charge of $10.99, as the product sends it.
  func charge(_ saved: Saved, amount: Int64 = 1099, key: String? = nil) -> StripeRequest {
    .createOffSessionIntent(intent(saved, amount: amount), idempotencyKey: key ?? freshKey())
  }

  func confirm(_ intent: PaymentIntentID, with method: PaymentMethodID) -> StripeRequest {
    .confirmOffSession(
      intent: intent, paymentMethod: method, isRecurring: true, mandate: nil, idempotencyKey: freshKey())
  }

  /// A declined charge's intent, open, and who it is for.
  func declined() async throws -> (intent: PaymentIntentID, saved: Saved) {
    let saved = try await save("pm_card_chargeCustomerFail")
    let error = try await refusal(charge(saved))
    return (try #require(error.paymentIntent).id, saved)
  }

  func paid() async throws -> (intent: PaymentIntent, saved: Saved) {
    let saved = try await save("pm_card_visa")
    return (try await success(charge(saved), PaymentIntent.self), saved)
  }

  func recovery(
    for customer: CustomerID, expiresAt: Timestamp? = nil, ui: CheckoutUI = .hostedPage, reference: String = "chg_1",
    methods: PaymentMethodTypes = .list(["card"])
  ) -> StripeRequest {
    .createRecoveryCheckout(
      RecoveryCheckout(
        customer: customer, money: Money(amount: 1099, currency: .usd), productName: "Gold membership",
        description: "Gold membership, August", statementDescriptorSuffix: nil,
        metadata: [("dues_contract", Contract.run)], clientReference: reference,
        successURL: "https://example.com/done?session_id={CHECKOUT_SESSION_ID}", cancelURL: "https://example.com/back",
        expiresAt: expiresAt, saveNewCard: true, offersSavedMethods: true, locale: "en", methods: methods, ui: ui),
      idempotencyKey: freshKey())
  }

  func setup(for customer: CustomerID?, currency: Currency = .usd) -> StripeRequest {
    .createSetupCheckout(
      SetupCheckout(
        customer: customer, email: "jenny@example.com", currency: currency, metadata: [("dues_contract", Contract.run)],
        clientReference: "agr_1", successURL: "https://example.com/done?session_id={CHECKOUT_SESSION_ID}",
        cancelURL: nil, expiresAt: nil, locale: "de", methods: .list(["card"]), ui: .hostedPage),
      idempotencyKey: freshKey())
  }
}
