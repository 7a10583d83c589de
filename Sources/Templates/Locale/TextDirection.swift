import Foundation

/// What `dir` says for a language.
enum TextDirection {
  static func attribute(locale: String) -> String {
    Locale(identifier: locale).language.characterDirection == .rightToLeft ? "rtl" : "ltr"
  }
}
