import Crypto
import Domain
import Foundation
import Sandbox
import Storage
import Transport

/// The banks of a rehearsal: a card that has expired by then declines, and of the others as many as somebody supposes.
///
/// The same ledger, seed and share give the same answers: a decline is drawn from the request's own idempotency key.
struct RehearsalBanks: Sendable {
  let stripe: SandboxStripe
  let ledger: Ledger
  /// Tries declined for lack of money, of a thousand.
  let declinesPerMille: Int
  let seed: String
  let now: @Sendable () -> Timestamp
  let zone: ScheduleZone

  /// Sets the bank's answer right before each try.
  var http: HTTPClient {
    HTTPClient { request async throws(TransportError) in
      if request.method == .post, request.url.contains("/v1/payment_intents") { prepare(request) }
      return try await stripe.http.send(request)
    }
  }

  private func prepare(_ request: HTTPRequest) {
    guard let method = Self.method(in: request.body), method.hasPrefix("pm_") || method.hasPrefix("card_") else {
      return
    }
    do {
      let known = try ledger.paymentMethod(PaymentMethodID(method))
      // Debits keep their own days.
      if known?.isBankDebit == true { return }
      try stripe.setBehavior(of: method, behavior(of: known, key: Self.key(of: request)))
    } catch {
      // The sandbox says by itself that it does not know the method.
      return
    }
  }

  private func behavior(of method: PaymentMethod?, key: String) -> SandboxBehavior {
    if let method, !method.reaches(now(), in: zone) { return .declinesCharges(SandboxDecline("expired_card")) }
    let hash = SHA256.hash(data: Data("\(seed)/\(key)".utf8)).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    return hash % 1000 < declinesPerMille ? .declinesCharges(SandboxDecline("insufficient_funds")) : .succeeds
  }

  private static func key(of request: HTTPRequest) -> String {
    request.headers.first { $0.name == "Idempotency-Key" }?.value ?? ""
  }

  private static func method(in body: Data) -> String? {
    String(decoding: body, as: UTF8.self).split(separator: "&").first { $0.hasPrefix("payment_method=") }
      .map { String($0.dropFirst("payment_method=".count)) }
  }
}

extension SandboxStripe {
  /// All customers and methods that a ledger knows, under their own ids.
  func adoptAll(of ledger: Ledger) throws {
    var customer: CustomerID?
    while true {
      let page = try ledger.customers(after: customer, limit: 1000)
      for known in page where !known.isDeleted {
        adopt(customer: known.id.text, email: known.email, name: known.name, locales: known.locales)
      }
      guard page.count == 1000 else { break }
      customer = page.last?.id
    }
    var method: PaymentMethodID?
    while true {
      let page = try ledger.paymentMethods(after: method, limit: 1000)
      for known in page { adopt(known.adopted) }
      guard page.count == 1000 else { break }
      method = page.last?.id
    }
  }
}

extension PaymentMethod {
  fileprivate var adopted: AdoptedMethod {
    var expiry: (month: Int, year: Int)?
    if let expiryMonth, let expiryYear { expiry = (expiryMonth, expiryYear) }
    return AdoptedMethod(
      id: id.text, customer: customer?.text, type: type, brand: brand, last4: last4, expiry: expiry,
      fingerprint: fingerprint, mandate: mandate)
  }
}
