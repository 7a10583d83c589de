import Foundation
import Sandbox
import Transport

/// Whatever is sent, the sandbox answers as Stripe does: JSON, an object or an error with words, one of Stripe's statuses.
enum SandboxTarget {
  /// So many inputs are asked of one account.
  static let block = 100

  private static let statuses: Set<Int> = [200, 400, 401, 402, 404, 409]
  /// Beside what the input itself is quoted with.
  private static let longestAnswer = 512 << 10

  static func answers() throws -> FuzzTarget.Judge {
    let stripe = SandboxStripe(SandboxConfiguration(seed: "fuzz", pageBase: "http://127.0.0.1:1")) { 1_793_491_200 }
    var names: [String: String] = [:]
    return { input in
      if input.number.isMultiple(of: block) {
        stripe.reset()
        names = try furnish(stripe)
      }
      var request = make(&input.dice, names)
      if input.dice.once(in: 3) {
        request.headers.append(HTTPHeader("Idempotency-Key", "key-\(input.dice.below(40))"))
      }
      input.note(Array("\(request.method.rawValue) \(request.url)\n".utf8) + request.body)
      let answer = stripe.respond(to: request)
      input.isGood = answer.status == 200
      try check(answer, sent: request.url.utf8.count + request.body.count)
    }
  }

  /// Mostly a good request with a field or two spoiled, sometimes one that is nothing but noise.
  private static func make(_ dice: inout Dice, _ names: [String: String]) -> HTTPRequest {
    func filled(_ text: String) -> String {
      names.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }
    let operation = dice.pick(SandboxForms.operations)
    let method = dice.pick([HTTPRequest.Method.post, .post, .post, .post, .get, .get, .delete])
    var path = Array(filled(operation.path).utf8)
    if dice.once(in: 20) { path = spoiled(path, &dice) }
    var form = SandboxForms.spoiled(filled(operation.form), &dice)
    if dice.once(in: 8) { form = SandboxForms.mutation.input(&dice) }
    if SandboxForms.isTooMuch(form) { form = [] }
    guard method != .post || dice.once(in: 20) else {
      return request(method, String(decoding: path, as: UTF8.self), Data(form))
    }
    // A query that a server lets in has no white space.
    let query = String(decoding: form, as: UTF8.self).filter { !$0.isWhitespace }
    return request(method, String(decoding: path, as: UTF8.self) + "?" + query, Data())
  }

  /// Still an address of the API: what is not, are pages for people.
  private static func spoiled(_ path: [UInt8], _ dice: inout Dice) -> [UInt8] {
    let prefix = Array("/v1/".utf8)
    let spoiled = Mutation([String(decoding: path.dropFirst(prefix.count), as: UTF8.self)]).input(&dice)
    // What no address may hold does not reach a server.
    return prefix + spoiled.filter { (0x21...0x7E).contains($0) }
  }

  static func request(_ method: HTTPRequest.Method, _ path: String, _ body: Data) -> HTTPRequest {
    HTTPRequest(
      method: method, url: "http://stripe.invalid" + path,
      headers: [
        HTTPHeader("Authorization", "Bearer sk_test_fuzz"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
        HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
      ], body: body, timeout: .seconds(80))
  }

  private static func check(_ answer: HTTPResponse, sent: Int) throws {
    try require(statuses.contains(answer.status), "status \(answer.status): \(answer.body.shown())")
    try require(answer.body.count < longestAnswer + 8 * sent, "an answer of \(answer.body.count) bytes")
    guard let object = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any] else {
      throw Wrong("no object: \(answer.body.shown())")
    }
    if answer.status == 200 {
      try require(object["object"] is String, "an object of no type: \(answer.body.shown())")
      return
    }
    let error = object["error"] as? [String: Any]
    try require((error?["message"] as? String)?.isEmpty == false, "an error without words: \(answer.body.shown())")
    try require((error?["type"] as? String)?.isEmpty == false, "an error of no type: \(answer.body.shown())")
  }

  /// A customer with a card, and something of each kind.
  ///
  /// - Returns: their ids by the names that forms have for them.
  private static func furnish(_ stripe: SandboxStripe) throws -> [String: String] {
    func post(_ path: String, _ form: String) throws -> String {
      let answer = stripe.respond(to: request(.post, path, Data(form.utf8)))
      let object = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
      guard let id = object?["id"] as? String else { throw Wrong("\(path) \(form): \(answer.body.shown())") }
      return id
    }
    let customer = try post("/v1/customers", "email=a%40b.example")
    let method = try post("/v1/payment_methods/pm_card_visa/attach", "customer=\(customer)")
    let intent = "amount=1099&currency=usd&customer=\(customer)"
    return [
      "customer": customer, "method": method,
      "paid": try post("/v1/payment_intents", intent + "&payment_method=\(method)&confirm=true&off_session=true"),
      "open": try post("/v1/payment_intents", intent),
      "setup": try post("/v1/setup_intents", "customer=\(customer)"),
      "session": try post(
        "/v1/checkout/sessions", "mode=setup&customer=\(customer)&currency=usd&success_url=https://a.example/"),
    ]
  }
}
