package import Transport

/// How a sandbox is set up. The same seed and requests give the same ids and answers.
package struct SandboxConfiguration: Sendable {
  package var account: AccountConfiguration
  /// Where the hosted pages are; the server puts its own address here.
  package var pageBase: String
  /// What webhooks are delivered with; without it deliveries wait in the queue.
  package var webhooks: HTTPClient?
  /// Sees every API exchange, after it, outside the sandbox's lock.
  package var onExchange: (@Sendable (HTTPRequest, HTTPResponse) -> Void)?

  package init(
    seed: String, accountID: String = "acct_1SandboxDues0000", apiVersion: String = "2026-10-28.endive",
    pageBase: String = "http://127.0.0.1:12111", confirmationLimit: Int = 20, searchLag: Int = 60,
    webhooks: HTTPClient? = nil, onExchange: (@Sendable (HTTPRequest, HTTPResponse) -> Void)? = nil
  ) {
    account = AccountConfiguration(
      seed: seed, accountID: accountID, apiVersion: apiVersion, confirmationLimit: confirmationLimit,
      searchLag: searchLag)
    self.pageBase = pageBase
    self.webhooks = webhooks
    self.onExchange = onExchange
  }
}

/// What belongs to the account rather than to the program: it goes into the state file with the rest.
package struct AccountConfiguration: Sendable, Codable {
  package var seed: String
  package var accountID: String
  /// The version of requests that name none, and of events.
  package var apiVersion: String
  /// Refused confirmations after which Stripe cancels an intent by itself; Stripe's own number is not published.
  package var confirmationLimit: Int
  /// Seconds until a search sees what has happened; Stripe's own is usually under a minute (docs/STRIPE.md §9).
  package var searchLag: Int
}
