package import Domain

/// An event: that something happened at Stripe. Its object is a snapshot, so it is read again before money moves.
package struct StripeEvent: StripeIdentified {
  package typealias IDName = StripeObject.Event

  /// The names in `data.object`, enough to find what it is about.
  package struct Subject: Decodable, Sendable, Hashable {
    /// A deleted discount and the like have none.
    package let id: String?
    /// Stripe's type: `payment_intent`, `checkout.session`, `charge` …
    package let object: String?
    package let status: String?
    package let customer: Expandable<StripeCustomer>?
    package let paymentIntent: Expandable<PaymentIntentName>?
    package let setupIntent: Expandable<SetupIntentName>?
    /// Of a refund or a dispute.
    package let charge: Expandable<ChargeName>?
    package let paymentMethod: Expandable<PaymentMethodName>?
    package let metadata: [String: String]?

    private enum Keys: String, CodingKey {
      case id, object, status, customer
      case paymentIntent = "payment_intent"
      case setupIntent = "setup_intent"
      case charge
      case paymentMethod = "payment_method"
      case metadata
    }

    /// Takes what it can: an event of any type must be readable, also one whose object means something else by a name.
    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      func read<Value: Decodable>(_ key: Keys) -> Value? {
        do {
          return try container.decodeIfPresent(Value.self, forKey: key)
        } catch {
          return nil
        }
      }
      id = read(.id)
      object = read(.object)
      status = read(.status)
      customer = read(.customer)
      paymentIntent = read(.paymentIntent)
      setupIntent = read(.setupIntent)
      charge = read(.charge)
      paymentMethod = read(.paymentMethod)
      metadata = read(.metadata)
    }
  }

  package struct Content: Decodable, Sendable, Hashable {
    package let object: Subject
  }

  package struct Request: Decodable, Sendable, Hashable {
    package let id: String?
    /// Ties an event to the attempt that caused it.
    package let idempotencyKey: String?

    private enum CodingKeys: String, CodingKey {
      case id
      case idempotencyKey = "idempotency_key"
    }
  }

  package let id: EventID
  package let type: String
  package let created: Int64
  package let livemode: Bool
  package let apiVersion: String?
  package let account: String?
  package let data: Content
  package let request: Request?

  private enum CodingKeys: String, CodingKey {
    case id, type, created, livemode
    case apiVersion = "api_version"
    case account, data, request
  }

  package var subject: Subject { data.object }
}

/// A SetupIntent of which only the id matters.
package struct SetupIntentName: StripeIdentified {
  package typealias IDName = StripeObject.SetupIntent
  package let id: SetupIntentID
}

/// A charge of Stripe's of which only the id matters.
package struct ChargeName: StripeIdentified {
  package typealias IDName = StripeCharge
  package let id: StripeChargeID
}
