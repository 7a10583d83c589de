import Foundation

/// What Stripe answers instead of an object.
struct StripeError: Error, Sendable, Equatable {
  var status: Int
  var type: String
  var code: String?
  var message: String
  var param: String?
  /// `decline_code`, `payment_intent`, `charge` and the like.
  var more: [String: JSON] = [:]
  /// The operation had begun, so that the answer is kept under its idempotency key.
  var wasExecuted = false
  /// Of a 429 by a rate limiter: which.
  var rateLimitedReason: String?

  static func invalid(_ message: String, code: String? = nil, param: String? = nil, status: Int = 400) -> StripeError {
    StripeError(status: status, type: "invalid_request_error", code: code, message: message, param: param)
  }

  static func unknownParameter(_ name: String) -> StripeError {
    .invalid("Received unknown parameter: \(name)", code: "parameter_unknown", param: name)
  }

  static func missingParameter(_ name: String) -> StripeError {
    .invalid("Missing required param: \(name).", code: "parameter_missing", param: name)
  }

  /// 404 for what the path names, 400 for what a parameter names.
  static func missing(_ kind: String, _ id: String, param: String, status: Int = 400) -> StripeError {
    let hint =
      kind == "PaymentMethod"
      ? "; It's possible this PaymentMethod exists on one of your connected accounts, in which case you should retry this"
        + " request on that connected account. Learn more at https://stripe.com/docs/connect/authentication" : ""
    return .invalid("No such \(kind): '\(id)'\(hint)", code: "resource_missing", param: param, status: status)
  }

  static func unauthorized(_ message: String) -> StripeError {
    .invalid(message, status: 401)
  }

  /// A refusal because of what the object has become; it ran, and is kept.
  static func executed(
    _ message: String, code: String?, param: String? = nil, more: [String: JSON] = [:]
  ) -> StripeError {
    StripeError(
      status: 400, type: "invalid_request_error", code: code, message: message, param: param, more: more,
      wasExecuted: true)
  }

  /// What it carries is cut as an answer is.
  func shown(to caller: Caller) -> StripeError {
    var error = self
    error.more = Account.shown(.object(more), to: caller).members
    return error
  }

  func body(requestLog: String) -> JSON {
    var error = more
    error["type"] = .string(type)
    error["message"] = .string(message)
    if let code {
      error["code"] = .string(code)
      error["doc_url"] = .string("https://docs.stripe.com/error-codes/\(code.replacing("_", with: "-"))")
    }
    if let param { error["param"] = .string(param) }
    error["request_log_url"] = .string(requestLog)
    return ["error": .object(error)]
  }
}
