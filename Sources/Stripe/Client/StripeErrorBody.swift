import Domain
import Foundation

/// A refusal of Stripe's. Any member may be missing.
package struct StripeErrorBody: Sendable, Hashable {
  package let status: Int
  package let error: PaymentError
  /// The intent as it stands now: a refused create has made one, and "unexpected state" may mean that it is paid.
  package let paymentIntent: PaymentIntent?

  /// The key is wrong, revoked, or may not do this: nothing about the request itself.
  package var isAuthenticationProblem: Bool { status == 401 || status == 403 }

  /// For a person: what Stripe says, its code, the parameter.
  package var sentence: String {
    var text = error.words ?? "Stripe answered \(status)"
    let facts = [error.code, error.param.map { "parameter \($0)" }].compactMap { $0 }
    if !facts.isEmpty { text += " [\(facts.joined(separator: ", "))]" }
    return text
  }
}

extension PaymentError {
  /// The message, if it says anything.
  var words: String? { message.flatMap { $0.isEmpty ? nil : $0 } }
}

extension StripeErrorBody {
  /// `nil` if the body is no error of Stripe's.
  init?(_ reply: StripeReply) {
    do {
      let wrapped = try reply.decode(Wrapped.self)
      status = reply.status
      error = wrapped.error
      paymentIntent = wrapped.paymentIntent
    } catch {
      return nil
    }
  }

  private struct Wrapped: Decodable {
    let error: PaymentError
    let paymentIntent: PaymentIntent?

    private enum Keys: CodingKey { case error }
    private enum InnerKeys: String, CodingKey { case paymentIntent = "payment_intent" }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      let inner = try container.nestedContainer(keyedBy: InnerKeys.self, forKey: .error)
      error = try container.decode(PaymentError.self, forKey: .error)
      paymentIntent = try inner.decodeIfPresent(PaymentIntent.self, forKey: .paymentIntent)
    }
  }
}
