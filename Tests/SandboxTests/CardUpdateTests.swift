import Foundation
import Sandbox
import TestSupport
import Testing

@Suite struct CardUpdateTests {
  @Test func `the network renews a card in place, and says what it was`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let before = try sandbox.object(method)["card"]
    let answer = try await sandbox.post("/_sandbox/payment_methods/\(method)/update", "month=7&year=2031")
    #expect(answer.status == 200, "\(answer.text)")
    let after = try await sandbox.get("/v1/payment_methods/\(method)")
    #expect(after.json["customer"].text == customer)
    #expect(after.json["card"]["exp_month"].integer == 7)
    #expect(after.json["card"]["exp_year"].integer == 2031)
    #expect(after.json["card"]["fingerprint"].text == before["fingerprint"].text)
    let event = try await sandbox.get("/v1/events?type=payment_method.automatically_updated")
    let data = event.json["data"][0]["data"]
    #expect(data["object"]["card"]["exp_year"].integer == 2031)
    #expect(data["previous_attributes"]["card"].keys == ["exp_month", "exp_year"])
    #expect(data["previous_attributes"]["card"]["exp_month"].integer == before["exp_month"].integer)
    #expect(event.json["data"][0]["request"]["id"].isNull)
  }

  @Test func `a new number has new last digits and a new fingerprint`() async throws {
    let sandbox = TestSandbox()
    let (_, method) = try await sandbox.customer(with: "pm_card_visa")
    let before = try sandbox.object(method)["card"]
    try sandbox.stripe.update(
      card: method, SandboxCardUpdate(month: 12, year: 2031, last4: "4444", behavior: nil))
    let after = try sandbox.object(method)["card"]
    #expect(after["last4"].text == "4444")
    #expect(after["fingerprint"].text != before["fingerprint"].text)
    #expect(after["brand"].text == "visa")
  }

  @Test func `a declined card heals by its update, and falls ill by another`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_sandboxDecline_expired_card")
    let control = "/_sandbox/payment_methods/\(method)/update"
    let declined = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(declined.error["code"].text == "expired_card")
    #expect(try await sandbox.post(control, "month=1&year=2030").status == 200)
    #expect(try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method)).status == 402)
    #expect(try await sandbox.post(control, "month=2&year=2030&behavior=succeeds").status == 200)
    #expect(try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method)).status == 200)
    #expect(try await sandbox.post(control, "month=3&year=2030&decline=lost_card").status == 200)
    let lost = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(lost.error["decline_code"].text == "lost_card")
  }

  static let nonsense = [
    "", "month=7", "month=13&year=2031", "month=7&year=31", "month=7&year=2031&last4=12",
    "month=7&year=2031&last4=abcd",
    "month=7&year=2031&behavior=whatever",
  ]

  @Test(arguments: nonsense)
  func `an update that makes no sense changes nothing`(form: String) async throws {
    let sandbox = TestSandbox()
    let (_, method) = try await sandbox.customer(with: "pm_card_visa")
    let before = try #require(sandbox.stripe.json(of: method))
    let answer = try await sandbox.post("/_sandbox/payment_methods/\(method)/update", form)
    #expect(answer.status == 400)
    #expect(answer.json["error"].text?.isEmpty == false)
    #expect(sandbox.stripe.json(of: method) == before)
  }

  @Test func `only a saved card is updated`() async throws {
    let sandbox = TestSandbox()
    let (_, bank) = try await sandbox.customer(with: "pm_usBankAccount_success")
    let (_, gone) = try await sandbox.customer(with: "pm_card_visa")
    _ = try await sandbox.post("/v1/payment_methods/\(gone)/detach")
    for id in ["pm_none", bank, gone] {
      #expect(try await sandbox.post("/_sandbox/payment_methods/\(id)/update", "month=7&year=2031").status == 400)
    }
  }
}
