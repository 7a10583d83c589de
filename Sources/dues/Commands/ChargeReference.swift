import Domain
import Storage

extension Program {
  /// The charge that a person means, by its id or by the short reference that pages show.
  func chargeID(_ text: String) throws -> ChargeID { try TypedID.charge(text) }
}
