/// Whether a PaymentIntent can still collect.
package enum IntentState: String, Sendable, CaseIterable, Codable {
  case open
  /// We want it canceled, and have not seen it yet.
  case closing
  case canceled
  case succeeded
}
