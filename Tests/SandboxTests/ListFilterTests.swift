import Foundation
import Sandbox
import TestSupport
import Testing

/// Every filter of Stripe's lists is known; those the sandbox has nothing for give an empty list.
@Suite struct ListFilterTests {
  static let filters: [(path: String, count: Int)] = [
    ("/v1/charges?transfer_group=order_1", 1), ("/v1/charges?transfer_group=order_2", 0),
    ("/v1/charges?customer=CUS", 2), ("/v1/charges?payment_intent=INTENT", 1), ("/v1/charges?created[gt]=1", 2),
    ("/v1/payment_intents?customer_account=acct_1", 0), ("/v1/payment_intents?customer=CUS", 2),
    ("/v1/setup_intents?customer=CUS", 1), ("/v1/setup_intents?payment_method=pm_1", 0),
    ("/v1/setup_intents?attach_to_self=true", 0), ("/v1/setup_intents?attach_to_self=false", 1),
    ("/v1/setup_intents?customer_account=acct_1", 0),
    ("/v1/checkout/sessions?customer=CUS", 1), ("/v1/checkout/sessions?customer_account=acct_1", 0),
    ("/v1/checkout/sessions?customer_details[email]=jenny%40example.com", 1),
    ("/v1/checkout/sessions?payment_link=plink_1", 0), ("/v1/checkout/sessions?subscription=sub_1", 0),
    ("/v1/checkout/sessions?status=open", 1), ("/v1/checkout/sessions?status=expired", 0),
    ("/v1/checkout/sessions?payment_intent=INTENT", 0), ("/v1/customers?test_clock=clock_1", 0),
    ("/v1/customers?email=jenny%40example.com", 1), ("/v1/payment_methods?customer=CUS&type=card", 1),
    ("/v1/payment_methods?customer=CUS&allow_redisplay=always", 0),
    ("/v1/payment_methods?customer=CUS&customer_account=acct_1", 0),
    ("/v1/customers/CUS/payment_methods?allow_redisplay=unspecified", 1),
    ("/v1/customers/CUS/payment_methods?type=sepa_debit", 0), ("/v1/refunds?charge=ch_1", 0),
    ("/v1/refunds?created[lte]=1", 0),
  ]

  @Test(arguments: filters)
  func `a filter is known, and does what it says`(path: String, count: Int) async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let paid = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, more: "&transfer_group=order_1"))
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    _ = try await sandbox.post("/v1/setup_intents", "customer=\(customer)")
    _ = try await sandbox.paymentSession(customer)
    let url = path.replacing("CUS", with: customer).replacing("INTENT", with: paid.id ?? "")
    let answer = try await sandbox.get(url)
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.json["data"].elements.count == count)
  }
}
