import Domain
import Storage
import Templates

extension Program {
  /// The charge that a person means, by its id or by the short reference that pages show.
  func chargeID(_ text: String) throws -> ChargeID {
    guard let prefix = ShortReference.idPrefix(text) else { return try TypedID.charge(text) }
    let found = try ledger.charges(startingWith: prefix, limit: 2)
    guard let charge = found.first else {
      throw CommandFailure(
        exit: .badInput, message: "no charge has the reference \(text); `dues charge list` has them all")
    }
    guard found.count == 1 else {
      throw CommandFailure(exit: .badInput, message: "several charges have the reference \(text); give the whole id")
    }
    return charge
  }
}
