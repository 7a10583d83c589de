/// How far an attempt has come; what `charge show` prints.
package enum AttemptState: String, Sendable, CaseIterable, Codable {
  case sending, succeeded, processing, declined
  case needsCustomer = "needs_customer"
  case refused, unresolved

  /// Not concluded: nobody knows yet whether money moved, or it is moving.
  package var isLive: Bool {
    switch self {
    case .sending, .unresolved, .processing: true
    case .succeeded, .declined, .needsCustomer, .refused: false
    }
  }
}

package enum AttemptKind: String, Sendable, CaseIterable, Codable {
  case offSession = "off_session"
  case onSession = "on_session"
}
