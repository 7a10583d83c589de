import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct SearchTests {
  private func search(_ resource: String, _ query: String, _ sandbox: TestSandbox, more: String = "") async throws
    -> Answer
  {
    let escaped = try #require(query.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    return try await sandbox.get("/v1/\(resource)/search?query=\(escaped)\(more)")
  }

  private func names(_ answer: Answer) -> [String] { answer.json["data"].elements.compactMap { $0["name"].text } }

  /// Three customers a second apart, and long enough ago for the search to know them.
  private func people() async throws -> TestSandbox {
    let sandbox = TestSandbox()
    for form in [
      "name=Ann+Lee&email=ann%40one.example&phone=123456&metadata[plan]=Gold",
      "name=Bob+Ann+Lee&email=bob%40two.example&metadata[plan]=silver&metadata[old+id]=7",
      "name=O%27Neil&email=carl%40two.example",
    ] {
      _ = try await sandbox.post("/v1/customers", form)
      sandbox.stripe.advance(by: 1)
    }
    sandbox.stripe.advance(by: 60)
    return sandbox
  }

  static let customerQueries: [(query: String, names: [String])] = [
    ("email:'ann@one.example'", ["Ann Lee"]),
    ("email:\"ANN@one.example\"", ["Ann Lee"]),
    ("email~'two.'", ["O'Neil", "Bob Ann Lee"]),
    ("email:'ann'", []),
    ("name:'ann lee'", ["Bob Ann Lee", "Ann Lee"]),
    ("name:'bob lee'", []),
    ("name:'O\\'Neil'", ["O'Neil"]),
    ("phone~'345'", ["Ann Lee"]),
    ("phone:null", ["O'Neil", "Bob Ann Lee"]),
    ("-phone:NULL", ["Ann Lee"]),
    ("metadata['plan']:'gold'", ["Ann Lee"]),
    ("metadata[\"old id\"]:7", ["Bob Ann Lee"]),
    ("metadata['plan']:null", ["O'Neil"]),
    ("-metadata['plan']:null", ["Bob Ann Lee", "Ann Lee"]),
    ("-metadata['plan']:'gold'", ["O'Neil", "Bob Ann Lee"]),
    ("email~'two' metadata['plan']:'silver'", ["Bob Ann Lee"]),
    ("email~'two' AND -metadata['plan']:'silver'", ["O'Neil"]),
    ("email~'one' or name:'o\\'neil'", ["O'Neil", "Ann Lee"]),
    ("created>\(TestSandbox.start)", ["O'Neil", "Bob Ann Lee"]),
    ("created>='\(TestSandbox.start)' created<\(TestSandbox.start + 2)", ["Bob Ann Lee", "Ann Lee"]),
    ("created:\(TestSandbox.start + 2)", ["O'Neil"]),
  ]

  @Test(arguments: customerQueries)
  func `customers are found as the query says`(query: String, names: [String]) async throws {
    let answer = try await search("customers", query, try await people())
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.json["object"].text == "search_result")
    #expect(answer.json["url"].text == "/v1/customers/search")
    #expect(answer.json["has_more"].flag == false)
    #expect(answer.json["next_page"].isNull)
    #expect(self.names(answer) == names)
  }

  static let intentQueries: [(query: String, amounts: [Int])] = [
    ("status:'succeeded'", [1000]),
    ("status:'requires_payment_method'", [3000, 2000]),
    ("-currency:'USD'", [3000]),
    ("amount>1000", [3000, 2000]),
    ("amount<=2000 AND currency:'usd'", [2000, 1000]),
    ("amount:2000 OR amount:3000", [3000, 2000]),
    ("customer:null", [3000, 2000]),
    ("-customer:null", [1000]),
    ("metadata['order']:'6735' status:'succeeded'", []),
    ("metadata['order']:'6735'", [2000]),
  ]

  @Test(arguments: intentQueries)
  func `payment intents are found as the query says`(query: String, amounts: [Int]) async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method, amount: 1000))
    _ = try await sandbox.post("/v1/payment_intents", "amount=2000&currency=usd&metadata[order]=6735")
    _ = try await sandbox.post("/v1/payment_intents", "amount=3000&currency=eur")
    sandbox.stripe.advance(by: 60)
    let answer = try await search("payment_intents", query, sandbox)
    #expect(answer.json["data"].elements.compactMap { $0["amount"].integer } == amounts, "\(answer.text)")
  }

  static let unreadable: [(query: String, words: String)] = [
    ("nonsense", "unable to parse"), ("email:ann@one.example", "unable to parse"), ("email:'ann", "unable to parse"),
    ("(email:'ann')", "unable to parse"), ("email:'a' AND", "unable to parse"), ("email=", "unable to parse"),
    ("email:'ann'name:'lee'", "unable to parse"), ("metadata[plan]:'gold'", "unable to parse"),
    ("email:'ann@x' AND name:'a' OR name:'b'", "AND and OR"),
    ("iban:'x'", "Field `iban` is an unsupported search field for resource `customers`"),
    ("metadata:'x'", "Field `metadata` is an unsupported"), ("email['x']:'y'", "Field `email` is an unsupported"),
    ("email>'a'", "Operator `>`"), ("metadata['plan']~'gold'", "Operator `~`"), ("created~'123'", "Operator `~`"),
    ("created>null", "Operator `>`"), ("created:'soon'", "numeric"), ("name~'an'", "at least 3"),
    (Array(repeating: "name:'a'", count: 11).joined(separator: " "), "up to 10"),
  ]

  @Test(arguments: unreadable)
  func `a query that cannot be answered is refused with words`(query: String, words: String) async throws {
    let answer = try await search("customers", query, TestSandbox())
    #expect(answer.status == 400)
    #expect(answer.error["type"].text == "invalid_request_error")
    #expect(answer.error["message"].text?.contains(words) == true, "\(answer.text)")
  }

  @Test func `a query is needed`() async throws {
    let sandbox = TestSandbox()
    let none = try await sandbox.get("/v1/customers/search")
    #expect(none.error["code"].text == "parameter_missing")
    #expect(none.error["param"].text == "query")
    #expect(try await sandbox.get("/v1/customers/search?query=").error["code"].text == "parameter_invalid_empty")
    #expect(try await search("customers", "name:'a'", sandbox, more: "&limit=0").error["param"].text == "limit")
    #expect(try await search("customers", "name:'a'", sandbox, more: "&page=x").error["param"].text == "page")
  }

  @Test func `what has just happened is not found yet, and each change comes as late`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let gold = { try await search("customers", "metadata['plan']:'gold'", sandbox).json["data"].elements.count }
    let jenny = { try await search("customers", "name~'Jenny'", sandbox).json["data"].elements.count }
    #expect(try await jenny() == 0)
    sandbox.stripe.advance(by: 30)
    _ = try await sandbox.post("/v1/customers/\(customer)", "metadata[plan]=gold")
    sandbox.stripe.advance(by: 29)
    #expect(try await jenny() == 0)
    sandbox.stripe.advance(by: 1)
    #expect(try await jenny() == 1)
    #expect(try await gold() == 0)
    sandbox.stripe.advance(by: 30)
    #expect(try await gold() == 1)
    _ = try await sandbox.send(.delete, "/v1/customers/\(customer)")
    let stale = try await search("customers", "name~'Jenny'", sandbox)
    #expect(stale.json["data"][0]["metadata"]["plan"].text == "gold")
    sandbox.stripe.advance(by: 60)
    #expect(try await jenny() == 0)
  }

  @Test func `what the clock changes comes late as well`() async throws {
    let sandbox = TestSandbox()
    let session = try await sandbox.paymentSession(
      try await sandbox.customer(), more: "&expires_at=\(TestSandbox.start + 1800)")
    try sandbox.stripe.submit(
      session: session, .card(number: "4000000000000002", month: 12, year: 34, name: nil, email: nil))
    let canceled = { try await search("payment_intents", "status:'canceled'", sandbox).json["data"].elements.count }
    sandbox.stripe.advance(by: 1859)
    #expect(try await canceled() == 0)
    sandbox.stripe.advance(by: 1)
    #expect(try await canceled() == 1)
  }

  @Test(arguments: [(0, 0, 1), (5, 4, 0), (5, 5, 1)])
  func `the lag is the configuration's`(lag: Int, seconds: Int, found: Int) async throws {
    let stripe = SandboxStripe(SandboxConfiguration(seed: "lag", searchLag: lag), now: { TestSandbox.start })
    let sandbox = TestSandbox(stripe)
    _ = try await sandbox.customer()
    stripe.advance(by: seconds)
    #expect(try await search("customers", "name~'Jenny'", sandbox).json["data"].elements.count == found)
  }

  @Test func `results are paged by next_page, newest first`() async throws {
    let sandbox = TestSandbox()
    for index in 0..<5 { _ = try await sandbox.post("/v1/customers", "name=Person+\(index)") }
    sandbox.stripe.advance(by: 60)
    var found: [String] = []
    var page = ""
    for hasMore in [true, true, false] {
      let answer = try await search("customers", "name~'Person'", sandbox, more: "&limit=2\(page)")
      found += names(answer)
      #expect(answer.json["has_more"].flag == hasMore)
      #expect(answer.json["next_page"].isNull == !hasMore)
      page = "&page=\(answer.json["next_page"].text ?? "")"
    }
    #expect(found == (0..<5).reversed().map { "Person \($0)" })
  }

  @Test func `what is found can be expanded`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    sandbox.stripe.advance(by: 60)
    let answer = try await search(
      "payment_intents", "customer:'\(customer)'", sandbox, more: "&expand[]=data.customer&expand[]=data.latest_charge")
    #expect(answer.json["data"][0]["customer"]["email"].text == "jenny@example.com")
    #expect(answer.json["data"][0]["latest_charge"]["paid"].flag == true)
  }
}
