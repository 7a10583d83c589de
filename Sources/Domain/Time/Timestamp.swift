package import Foundation

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z. Exact, so that what is stored and read again is equal.
package struct Timestamp: Sendable, Hashable, Comparable, Codable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  /// Stripe's unit. What no clock will ever show is the first or last moment there is: it may come from outside, and is
  /// no reason to stop.
  package init(seconds: Int64) {
    self.milliseconds = Self.kept(seconds.multipliedReportingOverflow(by: 1000), isLate: seconds > 0)
  }
  package init(_ date: Date) { self.milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded(.down)) }

  /// Whole seconds, rounded down.
  package var seconds: Int64 { milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000 }
  package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }
  package static func + (a: Timestamp, d: Duration) -> Timestamp {
    let sum = a.milliseconds.addingReportingOverflow(d.wholeMilliseconds)
    return Timestamp(milliseconds: kept(sum, isLate: a.milliseconds > 0))
  }
  package static func - (a: Timestamp, d: Duration) -> Timestamp {
    let difference = a.milliseconds.subtractingReportingOverflow(d.wholeMilliseconds)
    return Timestamp(milliseconds: kept(difference, isLate: a.milliseconds > 0))
  }
  package static func - (a: Timestamp, b: Timestamp) -> Duration {
    let difference = a.milliseconds.subtractingReportingOverflow(b.milliseconds)
    return .milliseconds(kept(difference, isLate: a.milliseconds > 0))
  }

  private static func kept(_ result: (partialValue: Int64, overflow: Bool), isLate: Bool) -> Int64 {
    result.overflow ? (isLate ? .max : .min) : result.partialValue
  }

  package init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC, to the second: `2026-08-31T09:00:00Z`. What `--json` prints.
  package var description: String { date.formatted(.iso8601) }

  /// Reads RFC 3339 with any offset, with or without fractions; a bare date is midnight in UTC.
  package init?(rfc3339 text: String) {
    guard let time = Self(plain: text) ?? Self(anyForm: text) else { return nil }
    self = time
  }

  /// The same by Foundation, which knows all forms and takes its time.
  init?(anyForm text: String) {
    let isDay = text.utf8.count <= 10
    let styles: [Date.ISO8601FormatStyle] =
      isDay ? [.iso8601.year().month().day()] : [.iso8601, .iso8601.time(includingFractionalSeconds: true)]
    guard Self.namesARealTime(text) else { return nil }
    for style in styles {
      do {
        self.init(try style.parse(text))
        return
      } catch {
        continue
      }
    }
    return nil
  }

  /// Foundation takes 30 February for 2 March, and 09:60 for 10:00.
  private static func namesARealTime(_ text: String) -> Bool {
    guard
      let parts = text.wholeMatch(
        of: /(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-](\d{2}):(\d{2})))?/)?.output
    else { return false }
    guard let year = Int(parts.1), let month = Int(parts.2), let day = Int(parts.3),
      (1...12).contains(month), (1...CivilDate.days(inMonth: month, of: year)).contains(day)
    else { return false }
    func isAtMost(_ part: Substring?, _ most: Int) -> Bool { part.map { (Int($0) ?? most + 1) <= most } ?? true }
    // A leap second is written as 60.
    return isAtMost(parts.4, 23) && isAtMost(parts.5, 59) && isAtMost(parts.6, 60) && isAtMost(parts.7, 23)
      && isAtMost(parts.8, 59)
  }
}

extension Duration {
  package static func minutes(_ n: Int64) -> Duration { .seconds(n * 60) }
  package static func hours(_ n: Int64) -> Duration { .seconds(n * 3600) }
  package static func days(_ n: Int64) -> Duration { .seconds(n * 86_400) }

  package var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
  package var wholeSeconds: Int64 { components.seconds }
}
