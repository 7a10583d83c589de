import Domain
import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Stripe

/// `POST /webhooks/stripe`: verified over the raw bytes, stored once, answered; applied right after by ``EventApplier``.
struct WebhookDesk: Sendable {
  /// Stripe's events are far smaller.
  private static let mostBytes = 512 << 10
  private static let signatureField = HTTPField.Name("Stripe-Signature")

  let engine: Engine
  let intake: EventIntake
  let configuration: WebConfiguration
  let doorbell: Doorbell
  let counters: WebCounters
  let logger: Logger

  /// - Throws: if the ledger cannot store it; the 500 makes Stripe send it again.
  func take(_ request: Request, _ context: WebContext) async throws -> Response {
    guard !configuration.webhookSecrets.isEmpty else {
      return refuse(.notConfigured, .serviceUnavailable, "stripe.webhook_secrets is empty; Stripe will try again")
    }
    switch await BodyReading.read(
      request, upTo: Self.mostBytes, within: configuration.bodyTimeout, on: context.channel)
    {
    case .whole(let payload):
      return try await take(payload, header: Self.signatureField.flatMap { request.headers[$0] })
    case .tooLarge: return refuse(.tooLarge, .contentTooLarge, "too large")
    case .endless:
      return refuse(.tooLarge, .contentTooLarge, "too large").hangingUp(context.channel, text: "too large\n")
    case .broken: return .plain(.badRequest, "the request was cut")
    }
  }

  private func take(_ payload: Data, header: String?) async throws -> Response {
    do throws(WebhookSignature.SignatureError) {
      // A signature's age is judged in Stripe's own time.
      try WebhookSignature.verify(
        payload: payload, header: header ?? "", secrets: configuration.webhookSecrets,
        tolerance: WebhookSignature.tolerance, now: engine.stripeNow)
    } catch {
      switch error {
      case .malformed: return refuse(.badSignature, .badRequest, "unreadable signature", "\(error)")
      case .mismatch: return refuse(.badSignature, .badRequest, "wrong signature", "\(error)")
      case .tooOld, .tooNew: return refuse(.staleSignature, .badRequest, "stale signature", "\(error)")
      }
    }
    let event: StripeEvent
    do {
      event = try StripeJSON.decode(StripeEvent.self, from: payload)
    } catch {
      return refuse(.unreadable, .badRequest, "not an event", "\(error)")
    }
    if let version = event.apiVersion, version != configuration.apiVersion {
      logger.notice(
        "an event in another API version; only its ids are used",
        metadata: ["event": "\(event.id)", "version": "\(version)", "configured": "\(configuration.apiVersion)"])
    }
    try await intake.store(event)
    counters.count(.accepted)
    logger.debug("webhook stored", metadata: ["event": "\(event.id)", "type": "\(event.type)"])
    doorbell.ring()
    return .plain(.ok, "stored")
  }

  private func refuse(
    _ count: WebCounters.Webhook, _ status: HTTPTypes.HTTPResponse.Status, _ reason: String, _ detail: String? = nil
  ) -> Response {
    counters.count(count)
    logger.warning("a webhook was refused", metadata: ["reason": "\(detail ?? reason)", "status": "\(status.code)"])
    return .plain(status, reason)
  }
}
