package import Domain
package import Templates

/// Where and how the web server listens, and what it must know of Stripe's side.
package struct WebConfiguration: Sendable {
  /// For pages, links and webhooks; a proxy with TLS stands before it.
  package var host: String
  /// 0 for any that is free.
  package var port: Int
  /// For health and metrics; `nil`: nothing listens there.
  package var internalHost: String?
  package var internalPort: Int
  /// Whole, with `whsec_`. With none, webhooks are answered 503: Stripe tries again for days, so nothing is lost.
  package var webhookSecrets: [String]
  /// The version of `stripe.api_version`. An event of another one is taken all the same, and logged.
  package var apiVersion: String
  /// Where our forms lead: `https://checkout.stripe.com`, the account's own checkout domain, the sandbox.
  package var checkoutOrigins: [String]
  /// `nil`: no page uses Stripe's script.
  package var stripeScript: StripeScript?
  /// `business.currency`: of setups without a job.
  package var currency: Currency
  /// A connection on which nothing comes for so long is closed.
  package var idleTimeout: Duration
  /// A request's body must be there within this time, however busily it trickles.
  package var bodyTimeout: Duration

  package init(
    host: String, port: Int, internalHost: String?, internalPort: Int, webhookSecrets: [String], apiVersion: String,
    checkoutOrigins: [String], stripeScript: StripeScript?, currency: Currency, idleTimeout: Duration = .seconds(30),
    bodyTimeout: Duration = .seconds(30)
  ) {
    self.host = host
    self.port = port
    self.internalHost = internalHost
    self.internalPort = internalPort
    self.webhookSecrets = webhookSecrets
    self.apiVersion = apiVersion
    self.checkoutOrigins = checkoutOrigins
    self.stripeScript = stripeScript
    self.currency = currency
    self.idleTimeout = idleTimeout
    self.bodyTimeout = bodyTimeout
  }
}
