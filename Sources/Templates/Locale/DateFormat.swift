package import Domain
package import Foundation

/// Dates as the reader's country writes them, in the Gregorian calendar.
package enum DateFormat {
  /// `3 May 2026`.
  package static func day(_ time: Timestamp, zone: TimeZone, locale: String) -> String {
    ordinal(time.date.formatted(style(zone, locale).year().month(.wide).day()), locale)
  }

  /// `4 May 2026 at 10:20 BST`: for what ends within the day.
  package static func moment(_ time: Timestamp, zone: TimeZone, locale: String) -> String {
    ordinal(
      time.date.formatted(
        style(zone, locale).year().month(.wide).day().hour().minute().timeZone(.specificName(.short))), locale)
  }

  /// `1er mai`: French counts the first of a month, and CLDR's patterns do not say so.
  private static func ordinal(_ text: String, _ locale: String) -> String {
    guard Locale(identifier: locale).language.languageCode == "fr", text.hasPrefix("1 ") else { return text }
    return "1er" + text.dropFirst()
  }

  private static func style(_ zone: TimeZone, _ locale: String) -> Date.FormatStyle {
    Date.FormatStyle(locale: Locale(identifier: locale), calendar: Calendar(identifier: .gregorian), timeZone: zone)
  }
}
