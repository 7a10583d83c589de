/// What every request to Stripe has in common.
package struct StripeConfiguration: Sendable {
  package let apiKey: String
  /// Without `/v1`.
  package let apiBase: String
  package let apiVersion: String
  /// Of one try. A try that takes longer has an unknown outcome.
  package let timeout: Duration
  package let userAgent: String

  package init(apiKey: String, apiBase: String, apiVersion: String, timeout: Duration, userAgent: String) {
    self.apiKey = apiKey
    self.apiBase = apiBase.hasSuffix("/") ? String(apiBase.dropLast()) : apiBase
    self.apiVersion = apiVersion
    self.timeout = timeout
    self.userAgent = userAgent
  }
}

extension StripeConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Without the key, so that no log or failure message can hold it.
  package var description: String { "Stripe \(apiVersion) at \(apiBase)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["apiBase": apiBase, "apiVersion": apiVersion]) }
}
