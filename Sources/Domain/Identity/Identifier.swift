/// The name of one thing, typed by what it names, so that a charge's id is never taken for an agreement's.
package struct Identifier<Named>: Sendable, Hashable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
  package let text: String

  package init(_ text: String) { self.text = text }
  package init(stringLiteral value: String) { self.text = value }
  package var description: String { text }

  /// Refuses what is no word: a NUL in the middle, and SQLite would give back another id than it was given.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    text = try container.decode(String.self)
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text.debugDescription) is not an id")
    }
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// What Stripe's ids name. Dues keeps no types of its own for most of these objects in Domain; the names suffice.
package enum StripeObject {
  package enum Customer {}
  package enum PaymentMethod {}
  package enum PaymentIntent {}
  package enum CheckoutSession {}
  package enum SetupIntent {}
  package enum Event {}
}

package typealias ChargeID = Identifier<Charge>
package typealias AgreementID = Identifier<Agreement>
package typealias CustomerID = Identifier<StripeObject.Customer>
package typealias PaymentMethodID = Identifier<StripeObject.PaymentMethod>
package typealias PaymentIntentID = Identifier<StripeObject.PaymentIntent>
package typealias CheckoutSessionID = Identifier<StripeObject.CheckoutSession>
package typealias SetupIntentID = Identifier<StripeObject.SetupIntent>
package typealias EventID = Identifier<StripeObject.Event>
