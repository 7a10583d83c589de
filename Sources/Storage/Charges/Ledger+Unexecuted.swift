import Domain
import GRDB

/// What has come since an attempt was written that never left, and stands against sending it now. Not all of the
/// claim's rules are asked again (docs/PROOF.md).
package enum SendingObstacle: Sendable, Equatable {
  /// It goes out once somebody resumes the agreement.
  case agreementPaused
  /// Its card was stopped by what another attempt has learned.
  case cardStopped
}

extension Ledger {
  /// - Returns: `nil`: nothing stands against it.
  package func obstacle(toSending attempt: AttemptRecord) throws -> SendingObstacle? {
    try read { db in
      let isPaused = try db.exists(
        """
        SELECT 1 FROM charges JOIN agreements ON agreements.id = charges.agreement
          WHERE charges.id = ? AND agreements.state = 'paused'
        """, [attempt.charge.text])
      if isPaused { return .agreementPaused }
      let isStopped = try db.exists(
        "SELECT 1 FROM payment_methods WHERE id = ? AND stopped IS NOT NULL", [attempt.method?.text])
      return isStopped ? .cardStopped : nil
    }
  }
}
