import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import Templates
import TestSupport
import Testing
import Transport

/// What happens before somebody opens a page.
extension World {
  /// A customer with a saved method that is named by what it does.
  func person(_ method: String, locale: String? = nil) async throws -> (CustomerID, PaymentMethodID) {
    let languages = locale.map { "&preferred_locales[0]=\($0)" } ?? ""
    let customer = try await stripe("/v1/customers", "email=ada@example.com&name=Ada\(languages)")
    let saved = try await stripe("/v1/payment_methods/\(method)/attach", "customer=\(customer)")
    _ = try await engine.customer(CustomerID(customer))
    let read = try await engine.read(StripePaymentMethod.self, .retrievePaymentMethod(PaymentMethodID(saved)))
    try ledger.save(read.kept(mandate: nil), at: clock.now)
    return (CustomerID(customer), PaymentMethodID(saved))
  }

  /// A customer with a bank account whose mandate a SetupIntent has left.
  func personWithBankAccount() async throws -> (CustomerID, PaymentMethodID) {
    let person = try await person("pm_usBankAccount_success")
    _ = try await stripe(
      "/v1/setup_intents",
      "customer=\(person.0)&payment_method=\(person.1)&confirm=true&allowed_payment_method_types[0]=us_bank_account"
        + "&mandate_data[customer_acceptance][type]=offline")
    return person
  }

  /// A one-off over $10.99 that is due now.
  func bill(
    _ person: (CustomerID, PaymentMethodID), key: String = "k1", description: String = "Gold membership",
    heldReason: HeldReason? = nil
  ) throws -> ChargeID {
    let charge = Charge.new(
      id: ledger.id.charge(key: key), customer: person.0, money: Money(amount: 1099, currency: .usd),
      description: description, statementDescriptorSuffix: nil, origin: .key(key), dueAt: clock.now,
      paymentMethod: person.1, heldReason: heldReason, metadata: [:])
    _ = try ledger.enqueue(charge, equalWithin: nil, at: clock.now)
    return charge.id
  }

  /// A charge that was tried once with a method.
  func tried(_ method: String, locale: String? = nil, key: String = "k1") async throws -> ChargeID {
    let charge = try bill(await person(method, locale: locale), key: key)
    _ = try await engine.tick(limit: nil)
    return charge
  }

  /// A charge whose card was declined: recovering, with a live checkout.
  func declined(locale: String? = nil) async throws -> ChargeID {
    try await tried("pm_card_chargeCustomerFail", locale: locale)
  }

  /// The live checkout, paid on Stripe's page.
  func payAtStripe(_ charge: ChargeID) throws -> CheckoutSessionID {
    let session = try #require(ledger.liveCheckout(of: charge)?.session)
    try sandbox.complete(session: session.text, card: "4242424242424242")
    return session
  }

  func state(of charge: ChargeID) throws -> ChargeState? { try ledger.charge(charge)?.state }

  /// The newest event of a type, as Stripe would send it.
  func event(_ type: String) throws -> Data {
    let events = sandbox.ids(of: "event").reversed().compactMap { sandbox.json(of: $0) }
    return try #require(events.first { String(decoding: $0, as: UTF8.self).contains("\"\(type)\"") })
  }

  /// - Returns: the new object's id.
  private func stripe(_ path: String, _ body: String) async throws -> String {
    let response = try await sandbox.http.send(
      HTTPRequest(
        method: .post, url: "http://127.0.0.1:12111" + path,
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data(body.utf8), timeout: .patience))
    let object = try #require(try JSONSerialization.jsonObject(with: response.body) as? [String: Any])
    return try #require(object["id"] as? String, "\(object)")
  }
}

extension World {
  /// A card typed into Stripe's fields.
  func card(_ token: String) async throws -> String {
    try await stripe("/v1/payment_methods", "type=card&card[token]=\(token)")
  }

  /// The customer says yes to their bank, or no.
  func answerBank(_ intent: String, confirmed: Bool = true) async throws {
    _ = try await sandbox.http.send(
      HTTPRequest(
        method: .post, url: "http://127.0.0.1:12111/c/authenticate/\(intent)",
        headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")],
        body: Data("bank=\(confirmed ? "confirm" : "refuse")".utf8), timeout: .patience))
  }
}

extension StripeScript {
  /// The stand-in that the sandbox serves.
  static let sandbox = StripeScript(
    publishableKey: "pk_test_1", apiBase: "http://127.0.0.1:12111", apiVersion: "2026-10-28.endive")
}
