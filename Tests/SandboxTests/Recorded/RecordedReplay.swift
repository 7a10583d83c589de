import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

/// Sends a recorded request to a fresh sandbox, with what it names put there first.
struct RecordedReplay {
  let exchange: StripeFixtures.Exchange
  private let sandbox = TestSandbox()
  private let recorded: JSONValue

  init(_ exchange: StripeFixtures.Exchange) throws {
    self.exchange = exchange
    recorded = try JSONValue(exchange.response)
  }

  /// Parameters of the recording that are left out, because they belong to what the sandbox is not: Connect's
  /// `application_fee_amount` and `transfer_data`, and the invoice of a charge, which endive has no more.
  private static func isLeftOut(_ name: String, _ value: String) -> Bool {
    name == "application_fee_amount" || name.hasPrefix("transfer_data")
      || name.hasPrefix("expand") && value == "invoice.subscription"
  }

  /// The sandbox's answer.
  func answer() async throws -> Answer {
    var parameters = Self.pairs(exchange.body).filter { !Self.isLeftOut($0.name, $0.value) }
    var path = String(exchange.path.prefix { $0 != "?" })
    let query = Self.pairs(String(exchange.path.dropFirst(path.count + 1))).filter {
      !Self.isLeftOut($0.name, $0.value)
    }
    // What was not there is not put there.
    if exchange.status != 404 || exchange.method == "POST" { try await stage(&path, &parameters) }
    if exchange.method == "GET" { parameters = query }
    let form = parameters.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }.joined(separator: "&")
    let version = [HTTPHeader("Stripe-Version", exchange.apiVersion)]
    let key = exchange.headers["idempotency-key"]
    if exchange.method == "POST" { return try await sandbox.send(.post, path, form, key: key, headers: version) }
    return try await sandbox.send(.get, form.isEmpty ? path : "\(path)?\(form)", headers: version)
  }

  /// Puts objects like the recorded ones into the sandbox, and their ids into the request.
  private func stage(_ path: inout String, _ parameters: inout [(name: String, value: String)]) async throws {
    var segments = path.split(separator: "/").map(String.init)
    let customer = try await stagedCustomer()
    for index in segments.indices {
      switch segments[index] {
      case let id where id.hasPrefix("cus_"): segments[index] = customer
      case let id where id.hasPrefix("pi_"): segments[index] = try await stagedIntent(of: customer).intent
      case let id where id.hasPrefix("ch_"): segments[index] = try await stagedIntent(of: customer).charge
      default: break
      }
    }
    path = "/" + segments.joined(separator: "/")
    for index in parameters.indices {
      switch parameters[index].value {
      case let id where id.hasPrefix("cus_"): parameters[index].value = customer
      case let id where id.hasPrefix("pm_1"): parameters[index].value = try await attached(to: customer)
      case let id where id.hasPrefix("ch_"): parameters[index].value = try await stagedIntent(of: customer).charge
      default: break
      }
    }
    if let price = parameters.firstIndex(where: { $0.name == "line_items[0][price]" }) {
      parameters.remove(at: price)
      let data = "line_items[0][price_data]"
      parameters += [
        ("\(data)[currency]", "usd"), ("\(data)[unit_amount]", "1500"), ("\(data)[product_data][name]", "Gold"),
      ]
    }
  }

  /// A customer as the recorded ones were: with the recorded default method, where they are what is asked for.
  private func stagedCustomer() async throws -> String {
    let form = "email=stripe%40example.org&name=Stripe+User"
    let customer = try #require(try await sandbox.post("/v1/customers", form).id)
    let shown = recorded["object"].text == "customer" ? recorded : recorded["customer"]
    if exchange.method == "GET", shown["invoice_settings"]["default_payment_method"].text != nil {
      let method = try await attached(to: customer)
      let settings = "invoice_settings[default_payment_method]=\(method)"
      #expect(try await sandbox.post("/v1/customers/\(customer)", settings).status == 200)
    }
    return customer
  }

  private var wantsAuthentication: Bool { recorded["status"].text == "requires_action" }

  private func attached(to customer: String) async throws -> String {
    let name = wantsAuthentication ? "pm_card_authenticationRequired" : "pm_card_visa"
    return try #require(try await sandbox.post("/v1/payment_methods/\(name)/attach", "customer=\(customer)").id)
  }

  private static let shipping =
    "&shipping[name]=Recipient&shipping[address][line1]=One+Loop&shipping[address][city]=C&shipping[address][state]=CA"

  /// An intent in the recorded state, or, before a capture, on its way there.
  private func stagedIntent(of customer: String) async throws -> (intent: String, charge: String) {
    let method = try await attached(to: customer)
    var form = "amount=3000&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true"
    let shown = recorded["payment_intent"]["id"].isNull ? recorded : recorded["payment_intent"]
    if shown["setup_future_usage"].text != nil { form += "&setup_future_usage=off_session" }
    if shown["description"].text != nil { form += "&description=Subscription+creation" }
    if shown["shipping"]["name"].text != nil { form += Self.shipping }
    if exchange.path.hasSuffix("/capture") { form += "&capture_method=manual" }
    let intent = try await sandbox.post("/v1/payment_intents", form)
    #expect(intent.status == 200, "\(intent.text)")
    return (try #require(intent.id), intent.json["latest_charge"].text ?? "")
  }

  private static func pairs(_ form: String) -> [(name: String, value: String)] {
    form.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
    }
  }

  private static func decoded(_ text: Substring) -> String {
    let spaced = String(text.replacing("+", with: " "))
    return spaced.removingPercentEncoding ?? spaced
  }

  private static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }
}
