import Stripe

extension Configuration {
  /// `[server]`: pages, links and webhooks.
  struct Server: Sendable, Equatable {
    let listen: ListenAddress
    /// Health and metrics; never for the public.
    let internalListen: ListenAddress
    /// Where `listen` is reachable from outside, without a slash at its end; `nil` when only the timer runs.
    let publicURL: String?
    /// Signs links. There is one wherever there is a `publicURL`.
    let linkSecret: Secret?
    /// Where a customer pays who has come to our pages.
    let checkoutUI: CheckoutUI

    /// A guessed secret makes links to other people's charges.
    private static let safeSecretLength = 32

    init(reading table: TableReader, isLive: Bool) {
      listen = table.value("listen", ListenAddress.parse) ?? ListenAddress(host: "127.0.0.1", port: 8080)
      internalListen =
        table.value("internal_listen", ListenAddress.parse) ?? ListenAddress(host: "127.0.0.1", port: 9464)
      publicURL = table.value("public_url", WebAddress.parseBase)
      linkSecret = table.secret("link_secret")
      checkoutUI = table.choice("checkout_ui", CheckoutUI.self) ?? .hostedPage
      if listen == internalListen, listen.port != 0 {
        table.report("internal_listen", "is the same as server.listen", "write another port")
      }
      if table.has("public_url"), !table.has("link_secret") {
        table.report(
          "link_secret", "is missing, and links to server.public_url are signed with it",
          "write \"env:DUES_LINK_SECRET\", \"file:/path\" or \"credential:link_secret\"")
      }
      if let linkSecret, linkSecret.revealed.utf8.count < Self.safeSecretLength {
        let problem = "is shorter than \(Self.safeSecretLength) characters"
        let remedy = "make one with `openssl rand -hex 32`"
        if isLive { table.report("link_secret", problem, remedy) } else { table.warn("link_secret", problem, remedy) }
      }
      table.finish()
    }
  }
}
