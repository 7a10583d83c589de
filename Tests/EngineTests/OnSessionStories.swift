import Domain
import Engine
import Foundation
import Sandbox
import Storage
import TestSupport
import Transport

/// Paying on our own page: what the browser, Stripe's script and the bank do.
extension World {
  /// A charge whose bank wants the customer.
  func wantsConfirmation(key: String = "k1") async throws -> (charge: ChargeID, card: PaymentMethodID) {
    let charge = try await owe(card: "pm_card_authenticationRequired", key: key)
    try await tick()
    guard let card = try report(charge).charge.paymentMethod else { throw StoryError("no card") }
    return (charge, card)
  }

  /// A card typed into Stripe's fields: it belongs to nobody yet.
  func typedCard(_ token: String = "tok_visa") async throws -> PaymentMethodID {
    let made = try await stripePost("/v1/payment_methods", "type=card&card[token]=\(token)")
    guard let id = made["id"] as? String else { throw StoryError("no card: \(made)") }
    return PaymentMethodID(id)
  }

  /// The intent that waits for the bank.
  func challenge(of charge: ChargeID) throws -> PaymentIntentID {
    guard let intent = try report(charge).attempts.last(where: { $0.kind == .onSession })?.intent else {
      throw StoryError("nothing was asked")
    }
    return intent
  }

  /// Too late is too late: a question that is over is answered by nobody.
  func bankAnswers(_ intent: PaymentIntentID, yes: Bool = true) async throws {
    _ = try await sandbox.http.send(
      HTTPRequest(
        method: .post, url: "http://127.0.0.1:12111/c/authenticate/\(intent)",
        headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")],
        body: Data("bank=\(yes ? "confirm" : "fail")".utf8), timeout: .seconds(5)))
  }

  /// What could still collect for a charge, as Stripe has it.
  func collectible(_ id: ChargeID) throws -> [String] {
    let intents = try objects("payment_intent").filter {
      let status = $0["status"] as? String
      return ($0["metadata"] as? [String: Any])?["dues_charge"] as? String == id.text
        && status != "succeeded" && status != "canceled"
    }
    let sessions = try objects("checkout.session").filter {
      $0["client_reference_id"] as? String == id.text && $0["status"] as? String == "open"
    }
    return (intents + sessions).compactMap { $0["id"] as? String }
  }

  private func objects(_ kind: String) throws -> [[String: Any]] {
    try sandbox.ids(of: kind).compactMap { id in
      guard let data = sandbox.json(of: id) else { return nil }
      return try JSONSerialization.jsonObject(with: data) as? [String: Any]
    }
  }
}
