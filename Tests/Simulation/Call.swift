import Foundation
import Transport

/// The calls that Dues makes, as the table of coverage counts them.
package enum CallKind: String, Sendable, CaseIterable {
  case createIntent = "create intent"
  case confirmIntent = "confirm intent"
  case cancelIntent = "cancel intent"
  case readIntent = "read intent"
  case listIntents = "list intents"
  case createSession = "create session"
  case expireSession = "expire session"
  case readSession = "read session"
  case listSessions = "list sessions"
  case listItems = "list line items"
  case listEvents = "list events"
  case readAccount = "read account"
  case readCustomer = "read customer"
  case readMethod = "read method"
  case createRefund = "create refund"
  case listRefunds = "list refunds"
  case createSetup = "create setup"
  case readSetup = "read setup"
  case createCustomer = "create customer"
  case listCustomers = "list customers"
  case attachMethod = "attach method"
  case other

  /// A tick makes it for all charges at once: without it none of them goes on.
  var isShared: Bool { self == .listEvents || self == .readAccount }

  /// Those that a world makes seldom.
  static let rare = allCases.filter {
    ![.createIntent, .readIntent, .createSession, .listEvents, .other].contains($0)
  }
  /// Those that most worlds make never, or once.
  static let rarest: [CallKind] = [
    .readSetup, .listCustomers, .attachMethod, .createCustomer, .listRefunds, .createRefund, .expireSession,
    .readAccount,
    .confirmIntent,
  ]
}

extension HTTPRequest {
  /// The value of a header.
  func field(_ name: String) -> String? {
    headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
  }
}

/// A request on its way to Stripe, read without any of the engine's code.
struct Call: Sendable {
  let kind: CallKind
  let path: String
  let key: String?
  /// The object that the path names.
  let object: String?
  let form: [String: String]
  let query: [String: String]
  let body: Data

  init(_ request: HTTPRequest) {
    let whole = request.url.split(separator: "/", omittingEmptySubsequences: true).dropFirst(2).joined(separator: "/")
    path = "/" + whole
    let parts = whole.split(separator: "?")[0].split(separator: "/").map(String.init)
    key = request.field("Idempotency-Key")
    body = request.body
    object =
      parts.count > 2 ? parts.first { $0.contains("_") && $0 != "payment_intents" && $0 != "payment_methods" } : nil
    form = Self.decode(String(decoding: request.body, as: UTF8.self))
    query = Self.decode(whole.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? "")
    let kind = Self.kind(isPost: request.method == .post, parts)
    self.kind = kind == .createSession && form["mode"] == "setup" ? .createSetup : kind
  }

  private static func kind(isPost: Bool, _ parts: [String]) -> CallKind {
    switch (parts.dropFirst().first ?? "", parts.count, isPost) {
    case ("payment_intents", 2, true): .createIntent
    case ("payment_intents", 2, false): .listIntents
    case ("payment_intents", 3, false): .readIntent
    case ("payment_intents", 4, true): parts[3] == "cancel" ? .cancelIntent : .confirmIntent
    case ("checkout", 3, true): .createSession
    case ("checkout", 3, false): .listSessions
    case ("checkout", 4, false): .readSession
    case ("checkout", 5, true): .expireSession
    case ("checkout", 5, false): .listItems
    case ("events", _, _): .listEvents
    case ("account", _, _): .readAccount
    case ("customers", 3, false): .readCustomer
    case ("customers", 2, let isPost): isPost ? .createCustomer : .listCustomers
    case ("payment_methods", 4, true): .attachMethod
    case ("refunds", 2, let isPost): isPost ? .createRefund : .listRefunds
    case ("setup_intents", 3, false): .readSetup
    case ("payment_methods", _, false), ("customers", 4, false): .readMethod
    default: .other
    }
  }

  static func decode(_ text: String) -> [String: String] {
    var form: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let words = halves.map { $0.replacingOccurrences(of: "+", with: " ").removingPercentEncoding ?? String($0) }
      form[words[0]] = words.count > 1 ? words[1] : ""
    }
    return form
  }

  /// It may take money off session.
  var charges: Bool { kind == .createIntent || kind == .confirmIntent }
}
