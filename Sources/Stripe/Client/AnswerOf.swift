/// A ``StripeAnswer`` whose success is an object that could be read.
package enum AnswerOf<Object: Sendable>: Sendable {
  case object(Object)
  /// Stripe said no, and why.
  case failure(StripeReply, StripeErrorBody)
  /// Nobody knows what happened.
  case indeterminate(reason: String, replayed: Bool)
  /// Certainly nothing reached Stripe.
  case notSent(reason: String)
}

extension StripeAnswer {
  /// What a success holds. One that cannot be read is no certain answer, like one that was cut short (law 3).
  package func holding<Object: Decodable & Sendable>(_ type: Object.Type) -> AnswerOf<Object> {
    switch self {
    case .success(let reply):
      do {
        return .object(try reply.decode(type))
      } catch {
        let place = reply.requestID.map { " (\($0))" } ?? ""
        return .indeterminate(reason: "Stripe's answer cannot be read\(place): \(error)", replayed: reply.isReplayed)
      }
    case .failure(let reply, let error): return .failure(reply, error)
    case .indeterminate(let reason, let isReplayed, _): return .indeterminate(reason: reason, replayed: isReplayed)
    case .notSent(let reason): return .notSent(reason: reason)
    }
  }
}
