package import Domain

/// What a page needs to use Stripe's script.
package struct StripeOnPage: Sendable {
  package enum UI: String, Sendable, CaseIterable {
    /// Stripe's form of a Checkout Session, whole, in our page.
    case embeddedPage = "embedded_page"
    /// Stripe's fields of a Checkout Session, and our button.
    case elements
    /// The button of the page confirms the card that failed, with its bank; another one can be typed in beside it.
    case confirm
  }

  package var ui: UI
  package var script: StripeScript
  /// The session's; whoever has it can pay, and nothing else.
  package var clientSecret: String?
  /// What is confirmed.
  package var method: PaymentMethodID?
  /// Where the script asks.
  package var confirmURL: String?
  /// Where it leads in the end.
  package var doneURL: String?

  package init(
    ui: UI, script: StripeScript, clientSecret: String?, method: PaymentMethodID?, confirmURL: String?, doneURL: String?
  ) {
    self.ui = ui
    self.script = script
    self.clientSecret = clientSecret
    self.method = method
    self.confirmURL = confirmURL
    self.doneURL = doneURL
  }
}

/// Stripe's script, and all that it reaches from a browser; part of the page's `Content-Security-Policy`
/// (docs.stripe.com/security/guide#content-security-policy).
package struct StripeScript: Sendable, Hashable {
  package let publishableKey: String
  package let url: String
  package let scriptOrigins: [String]
  package let frameOrigins: [String]
  package let connectOrigins: [String]
  package let imageOrigins: [String]

  /// - Parameter apiVersion: such as `2026-10-28.endive`; the script is versioned by the name.
  package init(publishableKey: String, apiBase: String, apiVersion: String) {
    let release = apiVersion.split(separator: ".").last.map(String.init) ?? "v3"
    self.publishableKey = publishableKey
    guard apiBase == "https://api.stripe.com" else {
      // The sandbox serves everything itself.
      url = "\(apiBase)/\(release)/stripe.js"
      (scriptOrigins, frameOrigins, connectOrigins, imageOrigins) = ([apiBase], [apiBase], [apiBase], [apiBase])
      return
    }
    url = "https://js.stripe.com/\(release)/stripe.js"
    scriptOrigins = ["https://js.stripe.com", "https://*.js.stripe.com", "https://checkout.stripe.com"]
    frameOrigins = [
      "https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com", "https://checkout.stripe.com",
    ]
    connectOrigins = ["https://api.stripe.com", "https://checkout.stripe.com"]
    imageOrigins = ["https://*.stripe.com"]
  }
}

/// What a script says to the customer; the words of docs/CUSTOMER.md, in the page's language.
package enum PageMessage: Sendable, Hashable {
  case reason(SafeReason)
  case inFlight
  case notOwed
  case error
}

extension StripeOnPage {
  /// - Parameter amount: formatted; `nil` where nothing is paid.
  func values(amount: String?, words: Phrasebook) -> [String: Any] {
    var values: [String: Any] = [
      "ui": ui.rawValue, "key": script.publishableKey, "script_url": script.url, "is_form": ui != .confirm,
    ]
    values["secret"] = clientSecret
    values["method"] = method?.text
    values["confirm_url"] = confirmURL
    values["done_url"] = doneURL
    let pay = amount.map { words["pay"].replacing("{amount}", with: $0) }
    switch ui {
    case .embeddedPage: break
    case .elements: values["label"] = pay ?? words["save"]
    case .confirm: values["card_label"] = pay
    }
    return values
  }
}
