package import Domain
import Foundation

/// Every address of ours. ``Links`` prints and recognizes them.
package enum Link: Sendable, Hashable {
  /// `/r/TOKEN`: what is owed; reads only.
  case recovery(ChargeID)
  /// `/r/TOKEN/pay`
  case pay(ChargeID)
  /// `/r/TOKEN/confirm`
  case confirm(ChargeID)
  /// `/r/TOKEN/day`: the customer chooses when their card is tried again.
  case day(ChargeID)
  /// `/s/TOKEN`
  case setup(SetupLink)
  /// `/done`, where every Checkout lands; the query holds `session_id`.
  case done
  /// `/webhooks/stripe`
  case webhook
  case healthz
  case metrics
}

/// Whose payment method a setup link saves, and for which job's agreement.
package struct SetupLink: Sendable, Hashable {
  package let customer: CustomerID
  package let job: String?

  package init(customer: CustomerID, job: String?) {
    self.customer = customer
    self.job = job
  }
}

/// Makes and matches every URL we print.
package struct Links: Sendable {
  /// Without a slash at its end; `nil` if nothing of ours can be reached from outside.
  package let publicURL: String?
  let secret: LinkSecret

  package init(publicURL: String?, secret: LinkSecret) {
    var url = publicURL.map { $0.trimmed }
    while let text = url, text.hasSuffix("/") { url = String(text.dropLast()) }
    self.publicURL = url?.isEmpty == true ? nil : url
    self.secret = secret
  }

  /// The absolute URL; `nil` without a public URL.
  package func url(_ link: Link) -> String? { publicURL.map { $0 + route(link) } }

  package func recovery(_ charge: ChargeID) -> String? { url(.recovery(charge)) }
  package func setup(_ link: SetupLink) -> String? { url(.setup(link)) }

  /// Where Checkout returns to. Stripe puts the session's id in place of the braces.
  package func done() -> String? { url(.done).map { $0 + "?session_id={CHECKOUT_SESSION_ID}" } }

  /// The path as a page of ours names it, below the public URL's own path if that has one.
  package func path(_ link: Link) -> String { prefix + route(link) }

  /// What a request's path (without its query) asks for; `nil` for anything unknown, wrong or cut.
  package func match(path: String) -> Link? {
    // A proxy may or may not strip the public URL's own path.
    let route = !prefix.isEmpty && path.hasPrefix(prefix + "/") ? String(path.dropFirst(prefix.count)) : path
    let parts = route.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard route.hasPrefix("/"), let first = parts.first else { return nil }
    let rest = Array(parts.dropFirst())
    switch (String(first), rest.count) {
    case ("done", 0): return .done
    case ("healthz", 0): return .healthz
    case ("metrics", 0): return .metrics
    case ("webhooks", 1): return rest[0] == "stripe" ? .webhook : nil
    case ("s", 1):
      guard case .setup(let link)? = LinkToken(rest[0], secret: secret) else { return nil }
      return .setup(link)
    case ("r", 1), ("r", 2):
      guard case .charge(let id)? = LinkToken(rest[0], secret: secret) else { return nil }
      if rest.count == 1 { return .recovery(id) }
      switch rest[1] {
      case "pay": return .pay(id)
      case "confirm": return .confirm(id)
      case "day": return .day(id)
      default: return nil
      }
    default: return nil
    }
  }

  private func route(_ link: Link) -> String {
    switch link {
    case .recovery(let charge): "/r/\(LinkToken.charge(charge).text(secret: secret))"
    case .pay(let charge): "/r/\(LinkToken.charge(charge).text(secret: secret))/pay"
    case .confirm(let charge): "/r/\(LinkToken.charge(charge).text(secret: secret))/confirm"
    case .day(let charge): "/r/\(LinkToken.charge(charge).text(secret: secret))/day"
    case .setup(let link): "/s/\(LinkToken.setup(link).text(secret: secret))"
    case .done: "/done"
    case .webhook: "/webhooks/stripe"
    case .healthz: "/healthz"
    case .metrics: "/metrics"
    }
  }

  /// The path of the public URL, as `/billing`.
  private var prefix: String { publicURL.flatMap { URL(string: $0)?.path } ?? "" }
}
