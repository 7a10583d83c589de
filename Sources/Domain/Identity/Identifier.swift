/// The name of one thing, typed by what it names, so that a charge's id is never taken for an agreement's.
package struct Identifier<Named>: Sendable, Hashable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
  package let text: String

  package init(_ text: String) { self.text = text }
  package init(stringLiteral value: String) { self.text = value }
  package var description: String { text }

  package init(from decoder: any Decoder) throws {
    text = try decoder.singleValueContainer().decode(String.self)
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
