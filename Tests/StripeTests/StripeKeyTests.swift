import Foundation
import Stripe
import Testing

/// Each type writes down Stripe's names of its own members; one that is misspelled would read as absent for ever.
struct StripeKeyTests {
  static let method = #"""
    {"id":"pm_1","type":"card","created":1,"customer":"cus_1",
     "card":{"brand":"visa","last4":"4242","exp_month":8,"exp_year":2030,"fingerprint":"f","country":"US"},
     "us_bank_account":{"last4":"6789","fingerprint":"g","bank_name":"B","status_details":{"blocked":{"reason":"r"}}},
     "sepa_debit":{"last4":"3000","fingerprint":"h","bank_name":"C","status_details":{"blocked":{"reason":"r"}}}}
    """#
  static let error = #"""
    {"type":"card_error","code":"c","decline_code":"d","advice_code":"a","network_decline_code":"n",
     "network_advice_code":"m","message":"x","param":"p","charge":"ch_1","payment_method":\#(method)}
    """#
  static let charge = #"""
    {"id":"ch_1","amount":3,"amount_refunded":1,"currency":"usd","status":"failed","disputed":true,
     "outcome":{"type":"t","reason":"r","network_status":"n","advice_code":"a"},"payment_intent":"pi_1",
     "payment_method":"pm_1","payment_method_details":{"type":"card","card":{"brand":"b","last4":"1","fingerprint":"f"},
     "us_bank_account":{"brand":"b","last4":"2","fingerprint":"g"},
     "sepa_debit":{"brand":"b","last4":"3","fingerprint":"h"}},"failure_code":"c"}
    """#
  static let customer = #"""
    {"id":"cus_1","deleted":false,"email":"e","name":"n","preferred_locales":["de"],
     "invoice_settings":{"default_payment_method":"pm_1"},"metadata":{"a_b":"c"}}
    """#
  static let intent = #"""
    {"id":"pi_1","status":"requires_action","amount":3,"amount_received":2,"currency":"usd","created":5,
     "customer":\#(customer),"payment_method":\#(method),"payment_method_types":["card"],"latest_charge":\#(charge),
     "last_payment_error":\#(error),"next_action":{"type":"use_stripe_sdk"},"metadata":{"a_b":"c"},
     "cancellation_reason":"abandoned","description":"d","client_secret":"s"}
    """#
  static let setup = #"""
    {"id":"seti_1","status":"requires_action","usage":"off_session","customer":"cus_1","payment_method":\#(method),
     "mandate":{"id":"mandate_1","status":"active","type":"multi_use"},"single_use_mandate":"mandate_2",
     "next_action":{"type":"verify_with_microdeposits","verify_with_microdeposits":
     {"arrival_date":5,"hosted_verification_url":"u","microdeposit_type":"amounts"}},
     "last_setup_error":\#(error),"metadata":{"a_b":"c"}}
    """#
  static let session = #"""
    {"id":"cs_1","mode":"setup","status":"open","payment_status":"no_payment_required","url":"u","client_secret":"s",
     "client_reference_id":"r","customer":"cus_1","customer_details":{"email":"e","name":"n"},"amount_total":5,
     "currency":"usd","created":1,"expires_at":2,"payment_intent":\#(intent),"setup_intent":\#(setup),
     "consent":{"terms_of_service":"accepted","promotions":"opt_in"},"metadata":{"a_b":"c"}}
    """#
  static let event = #"""
    {"id":"evt_1","type":"refund.failed","created":1,"livemode":true,"api_version":"v","account":"acct_1",
     "request":{"id":"req_1","idempotency_key":"k"},"data":{"object":{"id":"re_1","object":"refund","status":"failed",
     "customer":"cus_1","payment_intent":"pi_1","setup_intent":"seti_1","charge":"ch_1","payment_method":"pm_1",
     "metadata":{"a_b":"c"}}}}
    """#
  static let refund = #"""
    {"id":"re_1","amount":1,"currency":"usd","status":"pending","reason":"duplicate","created":1,
     "payment_intent":"pi_1","charge":"ch_1","metadata":{"a_b":"c"}}
    """#
  static let account = #"""
    {"id":"acct_1","country":"US","default_currency":"usd","charges_enabled":true,"details_submitted":true}
    """#
  static let line = #"{"id":"li_1","description":"d","quantity":1,"amount_total":5,"currency":"usd"}"#

  /// What is `nil` in a value, through all that it holds.
  private func absent(_ value: Any, at path: String) -> [String] {
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .optional {
      guard let inside = mirror.children.first?.value else { return [path] }
      return absent(inside, at: path)
    }
    var found: [String] = []
    for child in mirror.children { found += absent(child.value, at: "\(path).\(child.label ?? "_")") }
    return found
  }

  private func absent<Value: Decodable>(in type: Value.Type, _ json: String) throws -> [String] {
    absent(try StripeJSON.decode(type, from: Data(json.utf8)), at: "\(type)")
  }

  @Test func `every member that Dues reads is found under Stripe's name`() throws {
    #expect(try absent(in: CheckoutSession.self, Self.session) == [])
    #expect(try absent(in: StripeEvent.self, Self.event) == [])
    #expect(try absent(in: StripeRefund.self, Self.refund) == [])
    #expect(try absent(in: StripeAccount.self, Self.account) == [])
    #expect(try absent(in: StripeList<StripeLineItem>.self, #"{"data":[\#(Self.line)],"has_more":true}"#) == [])
    // What a session holds, by itself.
    #expect(try absent(in: PaymentIntent.self, Self.intent) == [])
    #expect(try absent(in: SetupIntent.self, Self.setup) == [])
  }

  @Test func `what is missing is seen by the test itself`() throws {
    #expect(try absent(in: StripeAccount.self, #"{"id":"acct_1","country":"US"}"#).count == 3)
  }
}
