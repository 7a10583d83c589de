import Engine
import Logging
import ServiceLifecycle

/// Does what webhooks and landings brought in, right after they were answered: applies the inbox, tells the merchant,
/// sends the mails. One turn at a time; the first at start, for what an earlier run left.
///
/// What fails here is not lost: it waits in the ledger for the next ring, or the next tick.
struct EventApplier: Service {
  let engine: Engine
  let doorbell: Doorbell
  let logger: Logger
  let onApplied: @Sendable () -> Void

  func run() async throws {
    doorbell.ring()
    // Shutdown ends the waiting, never a turn.
    for await _ in doorbell.rings.cancelOnGracefulShutdown() {
      await takeTurn()
      onApplied()
    }
  }

  private func takeTurn() async {
    var applied = 0
    do {
      applied = try await engine.applyEvents()
    } catch {
      logger.error("events wait for the next tick: applying them stopped early", metadata: ["reason": "\(error)"])
    }
    let (fulfilled, mails) = await engine.fulfillAndNotify()
    guard applied + fulfilled + mails > 0 else { return }
    logger.info(
      "applied what came in",
      metadata: ["events": "\(applied)", "fulfilled": "\(fulfilled)", "emails": "\(mails)"])
  }
}
