/// The variables that a template may name. A name with dots is a member: `charge` may then be a section around `amount`.
struct Vocabulary: Sendable {
  let names: Set<String>
  /// Written as they are, without escaping: only the layout's own content.
  let raw: Set<String>

  init(_ names: Set<String>, raw: Set<String> = []) {
    self.names = names
    self.raw = raw
  }

  func adding(_ more: Set<String>, raw: Set<String> = []) -> Vocabulary {
    Vocabulary(names.union(more), raw: self.raw.union(raw))
  }

  /// The full name that `name` means inside the sections `scopes`, outermost first; `nil` if there is none.
  func resolve(_ name: String, in scopes: [String], asSection: Bool) -> String? {
    if name == "." { return scopes.last }
    let candidates = scopes.reversed().map { "\($0).\(name)" } + [name]
    return candidates.first { names.contains($0) || (asSection && isObject($0)) }
  }

  var listing: String { names.sorted().joined(separator: ", ") }

  private func isObject(_ name: String) -> Bool { names.contains { $0.hasPrefix(name + ".") } }
}

extension Vocabulary {
  /// What mails may name (docs/INTERFACE.md, "Mail templates").
  static let mail = Vocabulary([
    "customer.name", "customer.email",
    "charge.description", "charge.amount", "charge.currency", "charge.due_date",
    "card.brand", "card.last4", "card.expiry",
    "reason", "recovery_url", "link_expires", "setup_url", "next_retry_date", "deadline_date",
    "business.name", "business.support_email",
  ])

  static let mailLayout = mail.adding(
    ["subject", "content", "lang", "dir", "button.background", "button.text"], raw: ["content"])

  static let page = Vocabulary([
    "charge.description", "charge.amount", "charge.refunded", "charge.due_date",
    "card.brand", "card.last4",
    "reason", "needs_other_method", "needs_confirmation", "saves_method",
    "has_also_charged", "also_charged.description", "also_charged.amount", "also_charged.due_date",
    "next_retry_date", "deadline_date",
    "agreement.description", "agreement.amount", "agreement.schedule", "agreement.first_date", "agreement.next_date",
    "agreement.starts_when_saved", "agreement.is_paused",
    "is_pending", "pending_card.brand", "pending_card.last4", "uses_microdeposits", "arrival_date", "is_refused",
    "can_save",
    "pay_url", "recovery_url", "retry_url", "save_url", "verify_url",
    "business.name", "business.support_email",
  ])

  static let pageLayout = page.adding(
    [
      "title", "content", "style", "script", "lang", "dir", "nonce", "reference", "business.logo",
      "words.help", "words.reference", "words.working", "words.try_again", "words.needs_script",
      "words.choose_day", "words.choose", "words.another_card", "words.another_way", "day.url", "day.first", "day.last",
      "stripe.ui", "stripe.key", "stripe.script_url", "stripe.is_form", "stripe.secret", "stripe.method",
      "stripe.confirm_url", "stripe.done_url", "stripe.label", "stripe.card_label", "stripe_script",
    ],
    raw: ["content", "style", "script", "stripe_script"])
}
