import Domain
import Engine
import Foundation
import Storage
import Templates
import Transport

/// What the steps of the story are made of.
extension DemoStory {
  func failure(_ reason: String) -> CommandFailure { CommandFailure(exit: .needsHuman, message: reason) }

  /// One run of the timer.
  func tick() async throws -> TickReport {
    voice.command("dues tick")
    return try await TickLock.holding(ledgerPath: ledger.path) { try await engine.tick(limit: nil) }
  }

  func newest(of agreement: Agreement) throws -> Charge {
    let charges = try ledger.reports(state: nil, customer: agreement.customer, email: nil, since: nil, limit: 10)
    guard let newest = charges.map(\.charge).max(by: { $0.dueAt < $1.dueAt }) else {
      throw failure("no charge was made")
    }
    return newest
  }

  func show(_ id: ChargeID) throws -> ChargeReport {
    guard let report = try ledger.report(id) else { throw failure("charge \(id) is gone") }
    return report
  }

  func browse(_ method: HTTPRequest.Method, _ url: String) async throws -> HTTPResponse {
    try await browser.send(
      HTTPRequest(
        method: method, url: url, headers: [HTTPHeader("Accept-Language", "en-GB")], timeout: .seconds(15)))
  }

  /// What the merchant's own shop would do at Stripe.
  func post(_ path: String, _ form: String) async throws -> [String: Any] {
    let response = try await browser.send(
      HTTPRequest(
        method: .post, url: program.configuration.stripe.apiBase + path,
        headers: [
          HTTPHeader("Authorization", "Bearer \(DemoFiles.key)"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data(form.utf8), timeout: .seconds(15)))
    guard response.status == 200, let object = try JSONSerialization.jsonObject(with: response.body) as? [String: Any]
    else {
      throw failure("the sandbox answers \(response.status) to POST \(path)")
    }
    return object
  }

  func text(_ object: [String: Any], _ key: String) throws -> String {
    guard let text = object[key] as? String else { throw failure("the sandbox's answer has no \(key)") }
    return text
  }

  /// Asks again and again, for 15 seconds at most.
  func eventually<Value>(_ what: String, _ question: () throws -> Value?) async throws -> Value {
    for _ in 0..<150 {
      if let value = try question() { return value }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw failure("waited 15 s in vain for \(what)")
  }

  func waitForServers() async throws {
    for url in [program.configuration.stripe.apiBase + "/", program.links.url(.healthz) ?? ""] {
      var answers = false
      for _ in 0..<100 where !answers {
        do {
          answers = try await browse(.get, url).status < 500
        } catch is TransportError {
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      guard answers else { throw failure("\(url) does not answer") }
    }
  }
}
