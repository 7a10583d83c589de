package import Domain
import GRDB

/// What has had no answer for too long is a person's matter (law 9), also while Stripe cannot be asked.
extension AttemptRecord {
  /// Unanswered for so long, a person is told.
  package static let unansweredTooLong = Duration.hours(1)

  package func isUnanswered(forLongAt now: Timestamp) -> Bool {
    // One that never left is tried again and again, each time for the first.
    now - (isUnexecuted ? writtenAt : firstSentAt) > Self.unansweredTooLong
  }
}

extension HumanMatter {
  /// With everything that is needed to decide.
  package func advice(_ attempt: AttemptRecord) -> String {
    guard !attempt.isUnexecuted else {
      return
        "attempt \(attempt.number), written \(attempt.writtenAt), has never left this machine, so nothing was charged: "
        + "see why Stripe is not reached; it goes out, or is taken back, once it is"
    }
    let intent = attempt.intent.map { ", intent \($0)" } ?? ""
    return
      "attempt \(attempt.number) (key \(attempt.request.idempotencyKey), written \(attempt.writtenAt)\(intent)) has no answer; "
      + "look for it in Stripe's dashboard by the metadata dues_charge, then `dues charge resolve` it"
  }
}

extension Database {
  /// What a tick would raise if it could ask: it cannot while Stripe is away, and the time goes on.
  func unansweredForLong(at now: Timestamp, beside known: [Matter]) throws -> [Matter] {
    let said = Set(known.lazy.filter { $0.kind == .unresolved }.map(\.subject))
    return try rows(
      """
      SELECT * FROM attempts WHERE state IN ('sending', 'unresolved')
        AND (SELECT state FROM charges WHERE id = charge) NOT IN ('paid', 'uncollectible', 'canceled')
        AND (kind = 'off_session' OR payment_intent IS NULL) AND written_at < ? ORDER BY written_at
      """, [(now - AttemptRecord.unansweredTooLong).milliseconds]
    ).map { try AttemptRecord(row: $0) }
      .filter { $0.isUnanswered(forLongAt: now) && !said.contains($0.charge.text) }
      .map { attempt in
        Matter(
          kind: .unresolved, subject: attempt.charge.text, advice: HumanMatter.unresolved.advice(attempt),
          since: attempt.writtenAt)
      }
  }
}
