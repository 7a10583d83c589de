package import Domain
package import Foundation
package import Transport

/// How the merchant's own system is told.
package enum MerchantChannel: Sendable {
  /// `POST`, signed by the Standard Webhooks convention if there is a secret.
  case url(String, WebhookSecret?, HTTPClient)
  /// A program that gets the same body on stdin; exit 0 means done.
  case command([String])

  /// - Parameter at: when this delivery is made; part of what is signed.
  /// - Throws: ``DeliveryError`` unless the message was certainly taken.
  package func deliver(id: String, body: Data, at: Timestamp) async throws(DeliveryError) {
    switch self {
    case .url(let url, let secret, let http): try await Self.post(id, body, at, url, secret, http)
    case .command(let words): try await MerchantCommand(words: words).run(body)
    }
  }

  private static let timeout = Duration.seconds(20)

  private static func post(
    _ id: String, _ body: Data, _ at: Timestamp, _ url: String, _ secret: WebhookSecret?, _ http: HTTPClient
  ) async throws(DeliveryError) {
    var headers = [
      HTTPHeader("Content-Type", "application/json"), HTTPHeader("webhook-id", id),
      HTTPHeader("webhook-timestamp", String(at.seconds)),
    ]
    if let secret {
      headers.append(HTTPHeader("webhook-signature", secret.signature(id: id, timestamp: at.seconds, body: body)))
    }
    let response: HTTPResponse
    do {
      response = try await http.send(
        HTTPRequest(method: .post, url: url, headers: headers, body: body, timeout: timeout))
    } catch {
      throw DeliveryError(reason: error.reason)
    }
    guard (200..<300).contains(response.status) else {
      throw DeliveryError(reason: "your system answered \(response.status)")
    }
  }
}

/// The merchant's system did not take a message.
package struct DeliveryError: Error, Sendable, Equatable {
  package let reason: String
  package init(reason: String) { self.reason = reason }
}
