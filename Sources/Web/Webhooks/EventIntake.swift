import Engine
import Stripe
import Transport

/// Stores the webhooks that arrive while others are being stored, in one commit together. Each is answered when it is
/// durable.
final class EventIntake: Sendable {
  private struct Waiting: Sendable {
    let event: StripeEvent
    let answer: CheckedContinuation<Void, any Error>
  }

  private struct State: Sendable {
    var waiting: [Waiting] = []
    var isStoring = false
  }

  private let state = Locked(State())
  private let engine: Engine

  init(engine: Engine) { self.engine = engine }

  /// Returns when the event is in the ledger.
  ///
  /// - Throws: if the ledger cannot take it.
  func store(_ event: StripeEvent) async throws {
    try await withCheckedThrowingContinuation { answer in
      let isFirst = state.withLock { state in
        state.waiting.append(Waiting(event: event, answer: answer))
        defer { state.isStoring = true }
        return !state.isStoring
      }
      // A task of its own: whoever came first is not kept until the last is stored.
      if isFirst { Task { storeAll() } }
    }
  }

  private func storeAll() {
    while true {
      let batch = state.withLock { state in
        defer { state.waiting = [] }
        state.isStoring = !state.waiting.isEmpty
        return state.waiting
      }
      if batch.isEmpty { return }
      let result = Result { try engine.receive(webhooks: batch.map(\.event)) }
      for waiting in batch { waiting.answer.resume(with: result) }
    }
  }
}
