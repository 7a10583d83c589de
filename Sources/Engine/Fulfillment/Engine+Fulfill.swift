import Domain
import Foundation
import Logging
import Storage
import Templates

/// The fulfill pass: tells the merchant's own system, at least once and always under the same id, until it says yes.
extension Engine {
  private static let batch = 100
  /// A bound on one pass; the next tick goes on.
  private static let mostBatches = 100
  /// A delivery that has not ended by then died with its process.
  private static let deliveryTime = Duration.minutes(2)
  /// After so many tries a person is told; the tries go on.
  private static let triesBeforeHuman = 5

  func fulfill(_ report: inout TickReport) async throws {
    guard let merchant else { return }
    for _ in 0..<Self.mostBatches {
      let queued = try ledger.fulfillmentsQueued(by: now, limit: Self.batch)
      var delivered = 0
      await each(queued, &report) { message in delivered += try await deliver(message, merchant) ? 1 : 0 }
      report.fulfilled += delivered
      if queued.count < Self.batch { return }
    }
  }

  private func deliver(_ message: FulfillmentRecord, _ merchant: MerchantChannel) async throws -> Bool {
    guard try ledger.take(message, until: now + Self.deliveryTime, at: now) else { return false }
    let body = try body(of: message)
    do {
      try await merchant.deliver(id: message.id, body: body, at: now)
    } catch {
      let wait = min(Duration.minutes(1 << Int64(min(message.tries, 9))), .hours(6))
      try ledger.notDelivered(
        message, reason: error.reason, nextTryAt: now + wait, needsHuman: message.tries + 1 >= Self.triesBeforeHuman,
        at: now)
      logger.warning(
        "the merchant's system did not take a message", metadata: ["id": "\(message.id)", "reason": "\(error.reason)"])
      return false
    }
    try ledger.delivered(message, at: now)
    return true
  }

  private func body(of message: FulfillmentRecord) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(
      MerchantMessage(
        type: message.kind, id: message.id, timestamp: message.madeAt.description,
        data: MerchantMessage.Content(
          charge: try message.charge.flatMap { try ledger.report($0) }.map { ChargeText($0, links: links) },
          agreement: try message.charge == nil
            ? message.agreement.flatMap { try ledger.agreement($0) }.map(AgreementText.init) : nil,
          checkoutSession: message.session,
          lineItems: try JSONDecoder().decode([LineItem].self, from: Data(message.lineItems.utf8)))))
  }
}

/// The JSON of docs/INTERFACE.md, "Telling the merchant's system".
private struct MerchantMessage: Encodable {
  struct Content: Encodable {
    let charge: ChargeText?
    let agreement: AgreementText?
    let checkoutSession: String?
    let lineItems: [LineItem]

    enum Key: String, CodingKey {
      case charge, agreement, checkoutSession = "checkout_session", lineItems = "line_items"
    }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      if let charge { try object.encode(charge, forKey: .charge) }
      if let agreement { try object.encode(agreement, forKey: .agreement) }
      try object.encode(checkoutSession, forKey: .checkoutSession)
      try object.encode(lineItems, forKey: .lineItems)
    }
  }

  let type: FulfillmentKind
  let id: String
  let timestamp: String
  let data: Content
}
