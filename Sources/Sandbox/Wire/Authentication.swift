import Foundation
import Transport

extension HTTPRequest {
  /// The value of the first header of that name, compared without regard to case.
  func header(_ name: String) -> String? {
    headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
  }
}

extension Account {
  /// A test key by Bearer, or by Basic as the user; a live key has no business here. A publishable one opens what
  /// ``Route/Browsers`` says, and nothing else.
  static func authenticate(_ request: HTTPRequest, for path: String) throws(StripeError) -> Caller {
    guard let authorization = request.header("Authorization"), let key = key(in: authorization) else {
      throw .unauthorized(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth"
          + " (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
    }
    let shown = key.prefix(8) + String(repeating: "*", count: 8) + key.suffix(4)
    guard !key.contains("_live_") else {
      throw .unauthorized("This is a sandbox: it refuses live keys. (\(key.prefix(8))…)")
    }
    if key.hasPrefix("pk_test_"), key.count > 8 {
      guard Routes.all.contains(where: { $0.isOpenToBrowsers(request.method, path) }) else {
        throw .unauthorized(
          "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of"
            + " your API keys at https://dashboard.stripe.com/account/apikeys.")
      }
      // Only a browser writes this header, and no script can: the sandbox's own frames are told from a shop's page.
      return request.header("Sec-Fetch-Site") == "same-origin" ? .stripesFrame : .page
    }
    guard key.hasPrefix("sk_test_") || key.hasPrefix("rk_test_"), key.count > 8 else {
      throw .unauthorized("Invalid API Key provided: \(shown)")
    }
    return .server
  }

  private static func key(in authorization: String) -> String? {
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    switch parts[0].lowercased() {
    case "bearer": return String(parts[1]).trimmingCharacters(in: .whitespaces)
    case "basic":
      guard let decoded = Data(base64Encoded: String(parts[1]).trimmingCharacters(in: .whitespaces)) else { return nil }
      let user = String(decoding: decoded, as: UTF8.self).prefix { $0 != ":" }
      return user.isEmpty ? nil : String(user)
    default: return nil
    }
  }

  /// The names that versions bear since 2024-09-30, each from the day of its first.
  private static let releases = [
    ("2024-09-30", "acacia"), ("2025-03-31", "basil"), ("2025-09-30", "clover"), ("2026-03-25", "dahlia"),
    ("2026-09-30", "endive"),
  ]

  /// A version that may have been is taken and echoed, an old one as well; any other is a 400 without a code
  /// (docs/STRIPE.md §1).
  static func check(version: String) throws(StripeError) {
    let date = version.prefix(10)
    let rest = version.dropFirst(10)
    let looksRight = date.count == 10 && date.enumerated().allSatisfy { $0 == 4 || $0 == 7 ? $1 == "-" : $1.isNumber }
    let month = Int(date.dropFirst(5).prefix(2)) ?? 0
    let day = Int(date.suffix(2)) ?? 0
    let name = releases.last { $0.0 <= String(date) }.map { ".\($0.1)" } ?? ""
    guard looksRight, (1...12).contains(month), (1...31).contains(day), date >= "2011", rest == name else {
      throw .invalid("Invalid Stripe API version: \(version)")
    }
  }
}

extension StripeError {
  static func rateLimited(_ reason: String) -> StripeError {
    var error = StripeError(
      status: 429, type: "invalid_request_error", code: "rate_limit",
      message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
      param: nil)
    error.rateLimitedReason = reason
    return error
  }

  static let lockTimeout = StripeError(
    status: 429, type: "invalid_request_error", code: "lock_timeout",
    message: "This object cannot be accessed right now because another API request or Stripe process is currently"
      + " accessing it. If you see this error intermittently, retry the request. If you see this error frequently and are"
      + " making multiple concurrent requests to a single object, make your requests serially or at a lower rate.",
    param: nil)

  static let serverError = StripeError(
    status: 500, type: "api_error", code: nil,
    message: "An unknown error occurred. Please try again later.", param: nil)

  static func keyInUse(_ key: String) -> StripeError {
    StripeError(
      status: 409, type: "idempotency_error", code: "idempotency_key_in_use",
      message: "There is currently another in-progress request using this Stripe API key with this Idempotency Key"
        + " (\(key)). Please try again later.", param: nil)
  }
}
