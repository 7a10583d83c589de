package import Domain
import Foundation
import Logging
import Storage
package import Stripe

package struct SyncCounts: Sendable, Encodable {
  /// Events that were new to the ledger.
  package var new = 0
  package var applied = 0
}

/// The sync pass: reads what happened at Stripe since the last time, all that webhooks would have said, and applies what
/// waits in the inbox.
extension Engine {
  /// What Dues listens to (docs/STRIPE.md §10); one call takes at most 20.
  package static let eventTypes = [
    "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "checkout.session.expired", "payment_intent.succeeded", "payment_intent.payment_failed",
    // Not `payment_intent.processing`: one call names at most 20, and who has no answer asks anyway.
    // What was made under our ledger's id and is not in the ledger: for the fence.
    "payment_intent.created", "payment_intent.canceled", "charge.refunded", "refund.failed", "charge.dispute.created",
    "charge.dispute.closed",
    "setup_intent.succeeded", "setup_intent.setup_failed", "setup_intent.canceled",
    "mandate.updated",
    // Not `payment_method.updated` either, which webhooks bring: somebody has changed a saved card by hand.
    "payment_method.automatically_updated", "payment_method.detached", "customer.updated",
    "customer.deleted",
  ]
  /// Events may appear late and out of order: each reading goes back a little behind the last.
  private static let overlap = Duration.minutes(10)
  /// Stripe keeps events for 30 days.
  private static let furthestBack = Duration.days(30)

  /// What `dues sync` does: reads under the ledger's own key, by a clock that agrees with Stripe's.
  ///
  /// - Parameter since: reads from here on if that is earlier than where the last reading ended; nothing is ever skipped.
  /// - Throws: ``LedgerError/cannot(_:)`` for another account's key; ``StripeTrouble``; an error that describes itself if the
  ///   clock is wrong.
  package func readEvents(since: Timestamp?) async throws -> SyncCounts {
    if let why = try await whyNotAtHome() { throw LedgerError.cannot(why) }
    return try await sync(since: since, afterFirstAnswer: checkClocks)
  }

  /// - Parameters:
  ///   - since: reads from here on, if the last reading ended later.
  ///   - afterFirstAnswer: called when Stripe has answered, before anything is written.
  func sync(since: Timestamp? = nil, afterFirstAnswer: () throws -> Void = {}) async throws -> SyncCounts {
    var counts = SyncCounts()
    try doubtIfAway()
    // Not beyond Stripe's present, whatever clock the ledger was made by.
    let last = min(try ledger.eventsReadUntil(), stripeNow)
    let from = max(min(since ?? last, last - Self.overlap), stripeNow - Self.furthestBack)
    // The newest are listed first; `until` is fixed before reading, so that nothing in between is skipped next time.
    var page = StripeRequest.EventPage.newest
    var until: Timestamp?
    while true {
      let list = try await read(
        StripeList<StripeEvent>.self, .listEvents(createdSince: from, types: Self.eventTypes, page: page))
      if until == nil {
        try afterFirstAnswer()
        // By a clock that is right by now: a machine that was restored may have been a month behind.
        try doubtIfAway()
        until = stripeNow
      }
      let news = try list.data.filter(isNews).map { record($0, source: .sync) }
      counts.new += try ledger.store(news, at: now)
      // Before it counts as read: whoever dies here, and is not fenced, reads it again.
      for event in news { try fenceIfUnknown(event) }
      guard list.hasMore, let last = list.data.last else { break }
      page = .startingAfter(last.id)
    }
    if let until { try ledger.eventsRead(until: until, at: now) }
    counts.applied = try await applyEvents()
    return counts
  }

  /// That an intent was made tells nothing, unless it is of our ledger's making and the ledger does not know it.
  private func isNews(_ event: StripeEvent) throws -> Bool {
    guard event.type == "payment_intent.created" else { return true }
    return try Mention(event.subject.metadata, of: ledger.id).map { try ledger.lacks($0) } ?? false
  }

  /// Only ids are kept of an event: the object is read again anyway (law 6).
  private func record(_ event: StripeEvent, source: EventRecord.Source) -> EventRecord {
    EventRecord(
      id: event.id, type: event.type, object: event.subject.id ?? "", payload: Data(event.hint.utf8),
      createdAt: Timestamp(seconds: event.created), source: source)
  }

  /// Stores verified webhooks in one commit, each once; applying them comes after the 200.
  package func receive(webhooks events: [StripeEvent]) throws {
    _ = try ledger.store(events.map { record($0, source: .webhook) }, at: now)
  }
}

extension StripeEvent {
  /// What is kept of an event: enough to know whether it is ours, nothing about the customer.
  fileprivate var hint: String {
    let metadata = subject.metadata ?? [:]
    let ours = metadata.filter { $0.key.hasPrefix("dues_") }.sorted { $0.key < $1.key }
    var lines = ours.map { "\($0.key)=\($0.value)" }
    // A charge, a refund and a dispute are about a payment; it is what is read again.
    if let intent = subject.paymentIntent?.id { lines.append("payment_intent=\(intent)") }
    return lines.joined(separator: "\n")
  }
}
