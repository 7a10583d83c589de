/// The account that a key belongs to. Restricted keys may see little of it.
package struct StripeAccount: Decodable, Sendable, Hashable {
  package let id: String
  package let country: String?
  package let defaultCurrency: String?
  package let chargesEnabled: Bool?
  package let detailsSubmitted: Bool?

  private enum CodingKeys: String, CodingKey {
    case id, country
    case defaultCurrency = "default_currency"
    case chargesEnabled = "charges_enabled"
    case detailsSubmitted = "details_submitted"
  }
}
