import Foundation
import Sandbox
import TestSupport
import Testing

/// What the real API was seen to answer, against what the sandbox answers.
@Suite struct RecordedShapeTests {
  private func recorded(_ method: String, _ path: String, status: Int) throws -> JSONValue {
    let exchange = try StripeFixtures.exchanges().last {
      $0.method == method && $0.path.hasPrefix(path) && $0.status == status
    }
    return try JSONValue(#require(exchange).response)
  }

  @Test func `attaching a card that declines is refused with the recorded members`() async throws {
    let sandbox = TestSandbox()
    let mine = try await sandbox.post(
      "/v1/payment_methods/pm_card_chargeDeclined/attach", "customer=\(try await sandbox.customer())")
    let real = try recorded("POST", "/v1/payment_methods/pm_card_chargeDeclined/attach", status: 402)
    #expect(mine.error.keys == real["error"].keys)
    for key in ["type", "code", "decline_code", "advice_code", "network_decline_code", "message", "param"] {
      #expect(mine.error[key].text == real["error"][key].text)
    }
  }

  @Test(arguments: [
    ("/v1/payment_methods/invalid/attach", "payment_method"), ("/v1/customers/1", "id"),
  ])
  func `what is missing is missed as recorded`(path: String, param: String) async throws {
    let sandbox = TestSandbox()
    let isAttach = path.hasSuffix("attach")
    let mine = isAttach ? try await sandbox.post(path, "customer=cus_1") : try await sandbox.get(path)
    let real = try recorded(isAttach ? "POST" : "GET", path, status: 404)
    for key in ["type", "code", "message", "param"] { #expect(mine.error[key].text == real["error"][key].text) }
    #expect(mine.error["param"].text == param)
  }

  @Test func `amount=0 is refused as recorded`() async throws {
    let mine = try await TestSandbox().post("/v1/payment_intents", "amount=0&currency=usd")
    let real = try recorded("POST", "/v1/payment_intents", status: 400)
    for key in ["type", "code", "message", "param"] { #expect(mine.error[key].text == real["error"][key].text) }
  }

  /// Members of old versions, or of Connect, which are gone or not ours.
  private static let notOurs: Set<String> = [
    "charges", "invoice", "payment_details", "destination", "dispute", "order", "invoice_credit_balance", "tax",
    "transfer_data", "transfer_group", "refunds", "branding_settings",
  ]

  @Test func `objects have the recorded members`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let intent = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    let charge = try await sandbox.get("/v1/charges/\(intent.json["latest_charge"].text ?? "")?expand[]=refunds")
    let setup = try await sandbox.post("/v1/setup_intents", "customer=\(customer)&usage=off_session")
    let session = try await sandbox.post(
      "/v1/checkout/sessions", "mode=setup&currency=usd&customer=\(customer)&success_url=https://shop.example/")
    let pairs: [(JSONValue, JSONValue)] = [
      (try sandbox.object(customer), try recorded("POST", "/v1/customers", status: 200)),
      (try sandbox.object(method), try recorded("POST", "/v1/payment_methods/pm_card_visa/attach", status: 200)),
      (intent.json, try recorded("GET", "/v1/payment_intents/", status: 200)),
      (charge.json, try recorded("GET", "/v1/charges/", status: 200)),
      (setup.json, try recorded("POST", "/v1/setup_intents", status: 200)),
      (session.json, try recorded("POST", "/v1/checkout/sessions", status: 200)),
    ]
    for (mine, real) in pairs {
      let missing = real.keys.subtracting(mine.keys).subtracting(Self.notOurs)
      #expect(missing.isEmpty, "\(mine["object"]) lacks \(missing.sorted())")
    }
  }
}
