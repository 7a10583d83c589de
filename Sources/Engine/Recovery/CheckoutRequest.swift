package import Domain
import Storage
import Stripe
import Templates

extension Engine {
  /// The exact request of a recovery's checkout: what the charge says, and a card that is saved for the next period.
  func freeze(
    _ charge: Charge, checkout number: Int, expiresAt: Timestamp, locale: String, offersSavedMethods: Bool
  ) -> FrozenRequest {
    let key = "\(charge.id):checkout:\(number)"
    let request = StripeRequest.createRecoveryCheckout(
      RecoveryCheckout(
        customer: charge.customer, money: charge.money, productName: charge.description,
        description: charge.description, statementDescriptorSuffix: charge.statementDescriptorSuffix,
        metadata: metadata(of: charge) + [("dues_checkout", String(number))], clientReference: charge.id.text,
        successURL: successURL(),
        cancelURL: links.recovery(charge.id) ?? settings.website, expiresAt: expiresAt,
        saveNewCard: settings.policy(of: charge.origin.job).recovery.saveNewCard,
        offersSavedMethods: offersSavedMethods,
        locale: locale, methods: settings.methods, ui: checkoutUI),
      idempotencyKey: key)
    return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
  }

  /// Without pages of ours a mail carries the session's own address, which only Stripe's page has.
  var checkoutUI: CheckoutUI { links.publicURL == nil ? .hostedPage : settings.checkoutUI }

  /// What lets a browser show a session on a page of ours; `nil` if it is over, or Stripe's own page shows it.
  package func clientSecret(of session: CheckoutSessionID) async throws(StripeTrouble) -> String? {
    try await read(CheckoutSession.self, .retrieveCheckout(session, expanding: [])).clientSecret
  }

  /// Where Checkout returns to: our landing page, or the merchant's site where none of ours is reachable.
  func successURL() -> String { links.done() ?? settings.website ?? "https://example.com/" }

  /// Stripe allows 30 minutes to 24 hours from the creation, on its own clock; a minute is left for the way there.
  func expiry(of charge: Charge) -> Timestamp {
    let wanted = settings.policy(of: charge.origin.job).recovery.checkoutLifetime
    let lifetime = min(max(wanted, .minutes(31)), .hours(24) - .minutes(1))
    return Timestamp(seconds: (stripeNow + lifetime).seconds)
  }
}
