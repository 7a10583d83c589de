import Domain
import Foundation
import Sandbox
import Stripe
import TestSupport
import Testing
import Transport

/// One Stripe, and all that a case may ask of it: the product's client, and raw requests for what the client has no
/// request for. What a case makes there is tagged with the run, and cleared away after it.
struct Contract: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static let version = "2026-10-28.endive"
  /// Its name in keys and metadata, so that no run meets the keys of another.
  static let run = "dues-contract-\(UUID().uuidString.prefix(13).lowercased())"

  let peer: Peer
  let client: StripeClient
  /// Only its clock can be moved, and only its pages can be filled in from here; nil at Stripe itself.
  let sandbox: SandboxStripe?
  private let http: HTTPClient
  private let key: String
  private let base: String
  private let violations = LockedList<String>()
  private let customers = LockedList<CustomerID>()
  private let sessions = LockedList<CheckoutSessionID>()
  private static let keys = Locked(0)

  /// Runs a case, and clears away after it, whatever became of it.
  static func with(_ peer: Peer, _ body: (Contract) async throws -> Void) async throws {
    let contract = try Contract(peer)
    do {
      try await body(contract)
    } catch {
      await contract.clearAway()
      throw error
    }
    await contract.clearAway()
    contract.judgeViolations()
  }

  private init(_ peer: Peer) throws {
    self.peer = peer
    switch peer {
    case .sandbox:
      let sandbox = SandboxStripe(SandboxConfiguration(seed: "contract"), now: { 1_793_491_200 })
      self.sandbox = sandbox
      key = "sk_test_contract"
      base = "http://127.0.0.1:12111"
      http = OpenAPIWitness.watch(sandbox.http, violations)
    case .stripe:
      sandbox = nil
      base = StripeItself.base
      guard StripeItself.mayBeSent(to: base) else { throw Failure(description: "no key is sent to \(base)") }
      switch StripeItself.key {
      case .test(let text): key = text
      case .refused(let why): throw Failure(description: why)
      case .none: throw Failure(description: "\(StripeItself.notRun)")
      }
      http = OpenAPIWitness.watch(Pace.keep(StripeItself.curl.http), violations)
    }
    client = Self.client(http, key: key, base: base)
  }

  /// The pace is kept below it, where the raw requests are counted as well.
  private static func client(_ http: HTTPClient, key: String, base: String) -> StripeClient {
    StripeClient(
      http: http,
      configuration: StripeConfiguration(
        apiKey: key, apiBase: base, apiVersion: version, timeout: .seconds(80), userAgent: "Dues/contract-tests"),
      pacer: Pacer(
        requestsPerSecond: 1000, requestsPerSecondPerEndpoint: 1000, now: { .zero }, sleep: { _ in }),
      serverTime: ServerTime(localNow: { Timestamp(seconds: 0) }))
  }

  /// A client with another key: for what Stripe says to strangers.
  func stranger(key: String) -> StripeClient { Self.client(http, key: key, base: base) }

  // MARK: Asking

  /// A key that was never used before.
  func freshKey() -> String {
    let number = Self.keys.withLock { count in
      count += 1
      return count
    }
    return "\(Self.run)-\(number)"
  }

  /// A request that the client has no builder for.
  func raw(
    _ method: HTTPRequest.Method, _ path: String, _ form: String = "", key idempotencyKey: String? = nil,
    version: String = Contract.version
  ) async throws -> Answer {
    var headers = [HTTPHeader("Authorization", "Bearer \(key)"), HTTPHeader("Stripe-Version", version)]
    if method == .post {
      headers.append(HTTPHeader("Content-Type", "application/x-www-form-urlencoded"))
      headers.append(HTTPHeader("Idempotency-Key", idempotencyKey ?? freshKey()))
    }
    return Answer(
      try await http.send(
        HTTPRequest(
          method: method, url: base + path, headers: headers, body: Data(form.utf8), timeout: .seconds(80))))
  }

  /// The object in a 200; anything else is a failed case.
  func success<Value: Decodable>(_ request: StripeRequest, _ type: Value.Type) async throws -> Value {
    let answer = await client.send(request)
    guard case .success(let reply) = answer else { throw Failure(description: "\(request.endpoint): \(answer)") }
    let value = try reply.decode(type)
    if let session = value as? CheckoutSession { sessions.append([session.id]) }
    return value
  }

  /// The refusal; anything else is a failed case.
  func refusal(_ request: StripeRequest) async throws -> StripeErrorBody {
    let answer = await client.send(request)
    guard case .failure(_, let error) = answer else { throw Failure(description: "\(request.endpoint): \(answer)") }
    return error
  }

  /// For what nobody has verified: says what this peer does, and takes it either way.
  func record(_ question: String, _ answer: String) {
    print("contract, \(peer.testDescription): \(question): \(answer)")
  }

  /// Looks once at the sandbox; at Stripe, where some things take their time, once a second.
  func eventually<Value>(within seconds: Int, _ look: () async throws -> Value?) async throws -> Value? {
    for _ in 0..<(peer == .stripe ? seconds : 1) {
      if let found = try await look() { return found }
      if peer == .stripe { try await Task.sleep(for: .seconds(1)) }
    }
    return nil
  }

  // MARK: Afterwards

  func made(_ customer: CustomerID) { customers.append([customer]) }

  private func clearAway() async {
    for session in sessions.all {
      _ = await client.send(.expireCheckout(session, idempotencyKey: freshKey()))
    }
    for customer in customers.all {
      do {
        _ = try await raw(.delete, "/v1/customers/\(customer.text)")
      } catch {
        record("customer \(customer) could not be deleted", "\(error)")
      }
    }
  }

  /// The sandbox has to be as `openapi.json` says. Stripe itself is right by definition: then the document is told.
  private func judgeViolations() {
    let found = violations.all
    if peer == .sandbox {
      #expect(found == [])
    } else {
      for violation in found { record("openapi.json says otherwise", violation) }
    }
  }
}

/// Without the key, so that no failure message can hold it.
extension Contract: CustomStringConvertible, CustomReflectable {
  var description: String { "a contract with \(peer.testDescription)" }
  var customMirror: Mirror { Mirror(self, children: ["peer": peer]) }
}
