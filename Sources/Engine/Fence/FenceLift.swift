package import Domain

/// What lifting a fence did; the keys of `dues fence lift --json`.
package struct FenceLift: Sendable, Encodable, Equatable {
  /// Something that Stripe had and the ledger lacked.
  package struct Adopted: Sendable, Encodable, Equatable {
    /// An intent's or a session's id.
    package let id: String
    package let charge: ChargeID
    /// What the charge is now: `paid`, `processing` or `held`, or what it was if it was over.
    package let state: ChargeState
  }

  /// Why nothing was sent, in the words of the fence; `nil`: there was none.
  package var because: String?
  package var adopted: [Adopted] = []
  /// Setups that customers were led to and the ledger has forgotten: a person must look.
  package var setups: [String] = []
  /// What could not be taken over, and why: the fence stays.
  package var blocked: [String] = []
  package var isLifted = false

  package init() {}

  enum CodingKeys: String, CodingKey {
    case because, adopted, setups, blocked
    case isLifted = "lifted"
  }
}
