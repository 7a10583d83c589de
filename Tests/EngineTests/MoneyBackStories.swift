import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// What attacks on money that goes back do besides the everyday verbs.
protocol MoneyBackStories {}

extension MoneyBackStories {
  func paid(_ world: World, card: String = "pm_card_visa") async throws -> ChargeID {
    let charge = try await world.owe(card: card)
    try await world.tick()
    #expect(try world.state(charge) == .paid)
    return charge
  }

  func refund(
    _ world: World, _ charge: ChargeID, amount: Int64? = nil, through intent: PaymentIntentID? = nil,
    by engine: Engine? = nil
  ) async throws -> RefundResult {
    try await (engine ?? world.engine).refund(
      charge, through: intent, amount: amount, reason: .requestedByCustomer)
  }

  func object(_ world: World, _ id: String) throws -> [String: Any] {
    let data = try #require(world.sandbox.json(of: id))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  func refundsAtStripe(_ world: World) throws -> [Int] {
    try world.sandbox.ids(of: "refund").map { try #require(try object(world, $0)["amount"] as? Int) }
  }

  /// The charge is paid once more, past Dues.
  func payAgain(_ world: World, _ charge: ChargeID, amount: Int64 = 1099, card: String? = nil) async throws
    -> PaymentIntentID
  {
    let owed = try #require(try world.ledger.charge(charge))
    var method = try #require(owed.paymentMethod?.text)
    if let card {
      method = try #require(
        try await world.stripePost("/v1/payment_methods/\(card)/attach", "customer=\(owed.customer)")["id"] as? String)
    }
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=\(amount)&currency=usd&customer=\(owed.customer)&payment_method=\(method)&confirm=true"
        + "&off_session=true&metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=\(charge)")
    let intent = PaymentIntentID(try #require(made["id"] as? String))
    _ = try world.ledger.intentSucceeded(
      intent, of: charge, received: Money(amount: amount, currency: .usd), by: .offSession, world.policyContext)
    return intent
  }

  func stripeCharge(_ world: World, of intent: PaymentIntentID) throws -> String {
    try #require(try object(world, intent.text)["latest_charge"] as? String)
  }

  func settleLastRefund(_ world: World, succeeds: Bool) throws {
    try world.sandbox.settle(refund: try #require(world.sandbox.ids(of: "refund").last), succeeds: succeeds)
  }

  /// Another wire: a refund is refused for a reason that is not about it, and none is listed.
  func engine(_ world: World, refusingWith status: Int, _ body: String) -> Engine {
    let wire = world.network.http
    let http = HTTPClient { request async throws(TransportError) in
      guard request.method == .post, request.url.hasSuffix("/v1/refunds") else { return try await wire.send(request) }
      return HTTPResponse(status: status, body: Data(body.utf8))
    }
    let told = world.engine
    return told.with(stripe: World.stripe(http, told.clock, serverTime: told.stripe.serverTime))
  }
}
