import Domain
import Foundation
import Stripe
import TestSupport
import Testing

struct StripeObjectTests {
  private func decode<T: Decodable>(_ type: T.Type, _ json: String) throws -> T {
    try StripeJSON.decode(type, from: Data(json.utf8))
  }

  @Test func `Stripe's own samples are read`() throws {
    func read<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
      try StripeJSON.decode(type, from: StripeFixtures.data(name))
    }
    #expect(try read(PaymentIntent.self, "payment_intent").id.text.hasPrefix("pi_"))
    #expect(try read(StripeCharge.self, "charge").id.text.hasPrefix("ch_"))
    #expect(try read(CheckoutSession.self, "checkout.session").mode != .unknown)
    #expect(try read(SetupIntent.self, "setup_intent").status != .unknown)
    #expect(try read(StripePaymentMethod.self, "payment_method").type != nil)
    #expect(try read(StripeCustomer.self, "customer").deleted == nil)
    #expect(try read(StripeCustomer.self, "deleted_customer").kept.isDeleted)
    #expect(try read(StripeRefund.self, "refund").status != .unknown)
    #expect(try read(StripeAccount.self, "account").id.hasPrefix("acct_"))
    #expect(try read(StripeLineItem.self, "item").currency.count == 3)
    #expect(try !read(StripeEvent.self, "event").type.isEmpty)
  }

  @Test func `every recorded object is read`() throws {
    var counts: [String: Int] = [:]
    for exchange in try StripeFixtures.exchanges() where exchange.status == 200 {
      struct Kind: Decodable { let object: String }
      let kind = try StripeJSON.decode(Kind.self, from: exchange.response).object
      counts[kind, default: 0] += 1
      switch kind {
      case "payment_intent":
        let intent = try StripeJSON.decode(PaymentIntent.self, from: exchange.response)
        #expect(intent.status != .unknown && intent.total != nil)
      case "charge":
        let charge = try StripeJSON.decode(StripeCharge.self, from: exchange.response)
        #expect(charge.amountRefunded != nil && charge.paymentMethodDetails?.type != nil)
      case "customer": #expect(try !StripeJSON.decode(StripeCustomer.self, from: exchange.response).kept.isDeleted)
      case "payment_method":
        let method = try StripeJSON.decode(StripePaymentMethod.self, from: exchange.response).kept(mandate: nil)
        #expect(method.type != "card" || (method.fingerprint != nil && method.expiryYear != nil))
      case "setup_intent":
        #expect(try StripeJSON.decode(SetupIntent.self, from: exchange.response).status != .unknown)
      case "checkout.session":
        let session = try StripeJSON.decode(CheckoutSession.self, from: exchange.response)
        #expect(session.paymentStatus != .unknown && session.status == .open && session.url != nil)
      case "refund": #expect(try StripeJSON.decode(StripeRefund.self, from: exchange.response).money != nil)
      default: Issue.record("a recorded \(kind) that no test reads")
      }
    }
    #expect(counts.count >= 6)
  }

  @Test func `metadata keeps its names`() throws {
    let intent = try decode(
      PaymentIntent.self, #"{"id":"pi_1","status":"succeeded","metadata":{"dues_charge":"chg_1","a__B_c":"x"}}"#)
    #expect(intent.metadata == ["dues_charge": "chg_1", "a__B_c": "x"])
  }

  @Test func `a status of tomorrow is unknown, not an error`() throws {
    let intent = try decode(PaymentIntent.self, #"{"id":"pi_1","status":"requires_patience"}"#)
    #expect(intent.status == .unknown)
    #expect(intent.total == nil)
  }

  @Test func `a charge comes as a name or whole`() throws {
    let name = try decode(PaymentIntent.self, #"{"id":"pi_1","status":"succeeded","latest_charge":"ch_1"}"#)
    #expect(name.latestCharge == .id("ch_1"))
    #expect(name.latestCharge?.object == nil)
    let whole = try decode(
      PaymentIntent.self,
      #"""
      {"id":"pi_1","status":"succeeded","latest_charge":{"id":"ch_1","outcome":{"type":"blocked"},
       "amount_refunded":3,"disputed":true,"payment_method_details":{"type":"card","card":{"fingerprint":"fp"}}}}
      """#)
    #expect(whole.latestCharge?.id == "ch_1")
    let charge = try #require(whole.latestCharge?.object)
    #expect(charge.isBlocked && charge.disputed == true && charge.amountRefunded == 3 && charge.fingerprint == "fp")
  }

  @Test func `a bank account is kept with its mandate`() throws {
    let method = try decode(
      StripePaymentMethod.self,
      #"""
      {"id":"pm_1","type":"us_bank_account","customer":"cus_1","us_bank_account":{"last4":"6789","fingerprint":"fp",
       "bank_name":"STRIPE TEST BANK","status_details":{"blocked":{"reason":"closed"}}}}
      """#)
    #expect(method.isBankDebit)
    #expect(method.usBankAccount?.statusDetails?.blocked?.reason == "closed")
    #expect(
      method.kept(mandate: "mandate_1")
        == PaymentMethod(
          id: "pm_1", customer: "cus_1", type: "us_bank_account", brand: "STRIPE TEST BANK", last4: "6789",
          expiryMonth: nil, expiryYear: nil, fingerprint: "fp", mandate: "mandate_1"))
  }

  @Test func `a customer's default method is found`() throws {
    let customer = try decode(
      StripeCustomer.self,
      #"""
      {"id":"cus_1","email":"a@b.c","name":null,"preferred_locales":["de","en"],
       "invoice_settings":{"default_payment_method":"pm_1"}}
      """#)
    #expect(customer.defaultPaymentMethod == "pm_1")
    #expect(customer.kept.locales == ["de", "en"])
  }

  @Test func `an event says what it is about and which request caused it`() throws {
    let event = try decode(
      StripeEvent.self,
      #"""
      {"id":"evt_1","object":"event","type":"charge.dispute.created","created":5,"livemode":false,"api_version":"v",
       "request":{"id":"req_1","idempotency_key":"chg_1:1"},"pending_webhooks":1,
       "data":{"object":{"id":"dp_1","object":"dispute","charge":"ch_1","payment_intent":"pi_1","status":"lost"}}}
      """#)
    #expect(event.subject.id == "dp_1" && event.subject.object == "dispute")
    #expect(event.subject.paymentIntent?.id == "pi_1" && event.subject.charge?.id == "ch_1")
    #expect(event.request?.idempotencyKey == "chg_1:1")
  }

  @Test func `an event about something strange is read all the same`() throws {
    let event = try decode(
      StripeEvent.self,
      #"""
      {"id":"evt_1","type":"novelty.created","created":5,"livemode":false,
       "data":{"object":{"object":"novelty","status":{"a":1},"customer":7,"metadata":[]}}}
      """#)
    #expect(event.subject.object == "novelty")
    #expect(event.subject.id == nil && event.subject.status == nil && event.subject.customer == nil)
  }

  @Test func `a list has a page and more`() throws {
    let list = try decode(
      StripeList<StripeCustomer>.self, #"{"object":"list","data":[{"id":"cus_1"}],"has_more":true,"url":"/"}"#)
    #expect(list.data.map(\.id) == ["cus_1"] && list.hasMore)
  }
}
