import Domain
import Engine
import Foundation
import Hummingbird
import Storage

/// `/healthz` and `/metrics`.
struct HealthDesk: Sendable {
  let engine: Engine
  let counters: WebCounters

  /// 200 as soon as it serves; how long ago the last tick ended is for whoever watches to judge.
  func health() throws -> Response {
    let last = try engine.ledger.mark().lastTickAt
    let oldest = try engine.ledger.oldestDue(at: engine.now)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text = HealthText(
      status: "ok", lastTickAt: last?.description, lastTickAge: last.map { (engine.now - $0).wholeSeconds },
      oldestDueAt: oldest?.description)
    return .json(.ok, String(decoding: try encoder.encode(text), as: UTF8.self))
  }

  func metrics() throws -> Response {
    var text = MetricsText()
    let status = try engine.ledger.status(at: engine.now)
    text.add("dues_charges", .gauge, "Charges by state.")
    for state in ChargeState.allCases { text.value(status.charges[state] ?? 0, ["state": state.rawValue]) }
    text.add("dues_charges_overdue", .gauge, "Charges that are due and not started.")
    text.value(status.overdue)
    text.add(
      "dues_oldest_due_timestamp_seconds", .gauge,
      "Since when the oldest charge waits that could have been sent; 0 if none does.")
    text.value(status.oldestDue.map { Int($0.seconds) } ?? 0)
    text.add("dues_matters", .gauge, "What a person must look at, by kind.")
    for matter in HumanMatter.allCases {
      text.value(status.matters.count { $0.kind == matter }, ["kind": matter.rawValue])
    }
    text.add("dues_fenced", .gauge, "1 if nothing is sent that moves money.")
    text.value(status.fencedBecause == nil ? 0 : 1)
    text.add("dues_last_tick_timestamp_seconds", .gauge, "When the last tick ended; 0 if none has.")
    text.value(status.lastTickAt.map { Int($0.seconds) } ?? 0)
    text.add("dues_webhooks_total", .counter, "Webhooks since the server started, by what became of them.")
    let webhooks = counters.all
    for result in WebCounters.Webhook.allCases { text.value(webhooks[result] ?? 0, ["result": result.rawValue]) }
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
  }
}

private struct HealthText: Encodable {
  let status: String
  let lastTickAt: String?
  let lastTickAge: Int64?
  /// Since when something waits that could have been sent.
  let oldestDueAt: String?

  enum Key: String, CodingKey {
    case status, lastTickAt = "last_tick_at", lastTickAge = "last_tick_age_s", oldestDueAt = "oldest_due_at"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(status, forKey: .status)
    try object.encode(lastTickAt, forKey: .lastTickAt)
    try object.encode(lastTickAge, forKey: .lastTickAge)
    try object.encode(oldestDueAt, forKey: .oldestDueAt)
  }
}
