package import Domain

/// A law that was broken, as a checker saw it.
package struct Violation: Sendable, Hashable, CustomStringConvertible {
  package let law: String
  package let subject: String
  package let detail: String
  package let at: Timestamp

  package var description: String { "\(at) \(law): \(subject): \(detail)" }
}
