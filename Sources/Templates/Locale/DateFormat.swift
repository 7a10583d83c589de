package import Domain
package import Foundation

/// Dates as the reader's country writes them, in the Gregorian calendar.
package enum DateFormat {
  /// `3 May 2026`.
  package static func day(_ time: Timestamp, zone: TimeZone, locale: String) -> String {
    time.date.formatted(style(zone, locale).year().month(.wide).day())
  }

  /// `4 May 2026 at 10:20 BST`: for what ends within the day.
  package static func moment(_ time: Timestamp, zone: TimeZone, locale: String) -> String {
    time.date.formatted(
      style(zone, locale).year().month(.wide).day().hour().minute().timeZone(.specificName(.short)))
  }

  private static func style(_ zone: TimeZone, _ locale: String) -> Date.FormatStyle {
    Date.FormatStyle(locale: Locale(identifier: locale), calendar: Calendar(identifier: .gregorian), timeZone: zone)
  }
}
