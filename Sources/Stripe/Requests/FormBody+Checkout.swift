import Domain

extension FormBody {
  /// The page of a session: where it is, where it returns to, its language, its end.
  mutating func addPage(
    _ ui: CheckoutUI, successURL: String, cancelURL: String?, locale: String, expiresAt: Timestamp?
  ) {
    switch ui {
    case .hostedPage:
      add("success_url", successURL)
      add("cancel_url", cancelURL)
    case .embeddedPage, .elements:
      add("ui_mode", ui.rawValue)
      add("return_url", successURL)
    }
    if let expiresAt { add("expires_at", expiresAt.seconds) }
    add("locale", CheckoutLocale.nearest(to: locale))
  }
}

/// The languages of Checkout.
enum CheckoutLocale {
  /// The locale itself, else its language, else `auto`: an unknown one would be a 400, and no link at all.
  static func nearest(to locale: String) -> String {
    let wanted = locale.replacing("_", with: "-")
    let language = wanted.split(separator: "-").first.map(String.init) ?? ""
    return all.first { $0.lowercased() == wanted.lowercased() } ?? all.first { $0 == language.lowercased() } ?? "auto"
  }

  private static let all = [
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr",
    "vi", "zh", "zh-HK", "zh-TW",
  ]
}
