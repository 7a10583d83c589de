import Domain
import Engine
import Foundation
import Storage
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(5))) struct HealthTests {
  @Test func `healthz is 200 before the first tick, on both listeners`() async throws {
    try await ServedWorld.serve { served in
      for base in [served.base, served.internalBase] {
        let answer = try await served.send(.get, base + "/healthz")
        #expect(answer.status == 200)
        #expect(
          answer.text == #"{"last_tick_age_s":null,"last_tick_at":null,"oldest_due_at":null,"status":"ok"}"# + "\n")
      }
    }
  }

  @Test func `healthz tells how old the last tick is`() async throws {
    let world = try World()
    _ = try await world.engine.tick(limit: nil)
    let end = world.clock.now
    world.clock.advance(by: .seconds(90))
    try await ServedWorld.serve(world) { served in
      let answer = try await served.get("/healthz")
      let object = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
      #expect(object["last_tick_age_s"] as? Int == 90)
      #expect(object["last_tick_at"] as? String == end.description)
    }
  }

  @Test func `what is due and waits for hours is told`() async throws {
    let world = try World()
    _ = try await world.engine.tick(limit: nil)
    _ = try world.bill(await world.person("pm_card_visa"), key: "late")
    let dueAt = world.clock.now
    world.clock.advance(by: .hours(3))
    try await ServedWorld.serve(world) { served in
      let health = try await served.get("/healthz")
      let object = try #require(try JSONSerialization.jsonObject(with: health.body) as? [String: Any])
      #expect(object["oldest_due_at"] as? String == dueAt.description)
      let metrics = try await served.send(.get, served.internalBase + "/metrics")
      let lines = Set(metrics.text.split(separator: "\n").map(String.init))
      #expect(lines.contains("dues_oldest_due_timestamp_seconds \(dueAt.seconds)"))
      #expect(lines.contains("dues_matters{kind=\"timer_silent\"} 1"))
    }
  }

  @Test func `metrics count charges, matters and webhooks, and are internal`() async throws {
    let world = try World()
    _ = try await world.declined()
    _ = try world.bill(await world.person("pm_card_visa"), key: "late")
    let tickAt = try #require(try world.ledger.mark().lastTickAt)
    try await ServedWorld.serve(world) { served in
      let event = try world.event("payment_intent.payment_failed")
      _ = try await served.webhook(event)
      _ = try await served.webhook(event, secret: "whsec_wrong")
      #expect(try await served.get("/metrics").status == 404)
      let answer = try await served.send(.get, served.internalBase + "/metrics")
      #expect(answer.status == 200)
      #expect(answer.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
      let lines = Set(answer.text.split(separator: "\n").map(String.init))
      let expected = [
        "dues_charges{state=\"recovering\"} 1", "dues_charges{state=\"scheduled\"} 1", "dues_charges{state=\"paid\"} 0",
        "dues_charges_overdue 1", "dues_matters{kind=\"held\"} 0", "dues_fenced 0",
        "dues_last_tick_timestamp_seconds \(tickAt.seconds)", "dues_webhooks_total{result=\"accepted\"} 1",
        "dues_webhooks_total{result=\"bad_signature\"} 1",
      ]
      for line in expected { #expect(lines.contains(line), "\(line)") }
      for link in ["/done", "/webhooks/stripe", "/"] {
        #expect(try await served.send(.get, served.internalBase + link).status == 404)
      }
    }
  }
}
