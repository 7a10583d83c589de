import GRDB
import Testing

@testable import Storage

/// Cost follows what is due, not what is stored: the queries of a tick use the partial indexes that hold only what is live.
@Suite struct QueryPlanTests {
  static let queries: [(sql: String, index: String)] = [
    (
      "SELECT * FROM charges WHERE state = 'scheduled' AND due_at <= 1 AND (due_at, id) > (0, '') ORDER BY due_at, id LIMIT 10",
      "charges_due"
    ),
    (
      """
      SELECT charges.* FROM recoveries JOIN charges ON charges.id = recoveries.charge WHERE recoveries.next_retry_at <= 1
        AND (recoveries.next_retry_at, recoveries.charge) > (0, '') AND charges.state = 'recovering'
        ORDER BY recoveries.next_retry_at, recoveries.charge LIMIT 10
      """, "recoveries_to_retry"
    ),
    (
      "SELECT * FROM agreements WHERE next_due_at <= 1 AND (next_due_at, id) > (0, '') ORDER BY next_due_at, id LIMIT 10",
      "agreements_due"
    ),
    (
      "SELECT * FROM attempts WHERE state IN ('sending', 'unresolved') AND kind = 'off_session' ORDER BY written_at LIMIT 10",
      "attempts_to_settle"
    ),
    (
      "SELECT * FROM attempts WHERE state = 'processing' AND coalesce(asked_at, written_at) <= 1 ORDER BY written_at LIMIT 10",
      "attempts_processing"
    ),
    (
      "SELECT checkouts.* FROM charges JOIN checkouts ON checkouts.charge = charges.id WHERE charges.state = 'processing' LIMIT 10",
      "charges_processing"
    ),
    (
      """
      SELECT 1 FROM attempts JOIN charges ON charges.id = attempts.charge
        WHERE attempts.state = 'sending' AND charges.customer = 'c'
      """, "charges_by_customer"
    ),
    (
      "SELECT * FROM checkouts WHERE state IN ('opening', 'closing') ORDER BY written_at LIMIT 10",
      "checkouts_to_settle"
    ),
    ("SELECT * FROM checkouts WHERE state = 'open' AND expires_at < 1 ORDER BY expires_at LIMIT 10", "checkouts_open"),
    (
      """
      SELECT charges.* FROM recoveries JOIN charges ON charges.id = recoveries.charge
        WHERE recoveries.deadline_at <= 1 AND recoveries.ended_at IS NULL AND charges.state = 'recovering'
        ORDER BY recoveries.deadline_at LIMIT 10
      """, "recoveries_to_end"
    ),
    (
      "SELECT recoveries.charge FROM recoveries JOIN charges ON charges.id = recoveries.charge WHERE recoveries.wants_link = 1 ORDER BY recoveries.charge LIMIT 10",
      "recoveries_to_link"
    ),
    (
      "SELECT 1 FROM recoveries WHERE agreement = 'a' AND ended_at IS NULL AND blocks_agreement = 1",
      "recoveries_blocking"
    ),
    (
      "SELECT * FROM charges WHERE cancel_requested = 1 AND state IN ('scheduled', 'held', 'recovering') ORDER BY id LIMIT 10",
      "charges_to_cancel"
    ),
    (
      "SELECT notices.* FROM notices WHERE notices.state = 'planned' AND notices.due_at <= 1 ORDER BY notices.due_at, notices.id LIMIT 10",
      "notices_planned"
    ),
    ("SELECT id, charge FROM intents WHERE state = 'closing' ORDER BY charge LIMIT 10", "intents_to_close"),
    (
      "SELECT * FROM notices WHERE state = 'queued' AND next_try_at <= 1 ORDER BY next_try_at, id LIMIT 10",
      "notices_queued"
    ),
    (
      "SELECT * FROM fulfillments WHERE state = 'queued' AND next_try_at <= 1 ORDER BY next_try_at, id LIMIT 10",
      "fulfillments_queued"
    ),
    (
      """
      SELECT * FROM setups WHERE \(Schema9.unfinished) AND state = 'open' AND written_at < 1 ORDER BY written_at LIMIT 10
      """, "setups_unfinished"
    ),
    ("SELECT * FROM events WHERE state = 'waiting' ORDER BY received_at, id LIMIT 10", "events_waiting"),
    ("SELECT count(*) FROM attempts WHERE budget_key = 'x' AND written_at > 1", "attempts_by_budget"),
  ]

  @Test(arguments: queries)
  func `a tick's query reads a partial index, and scans no table`(query: (sql: String, index: String)) throws {
    let file = try LedgerFile()
    let plan = try DatabaseQueue(path: file.path).read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(query.sql)").map { $0["detail"] as String }
    }
    #expect(plan.contains { $0.contains(query.index) }, "\(plan)")
    #expect(!plan.contains { $0.hasPrefix("SCAN") && !$0.contains("INDEX") }, "\(plan)")
  }
}
