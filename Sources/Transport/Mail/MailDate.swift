import Foundation

/// The moment that an RFC 5322 date means: `Mon, 31 Aug 2026 09:00:00 +0000`.
struct MailDate: Equatable {
  /// In UTC, so that names sort by time: `20260831T090000Z`.
  let sortable: String

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

  /// Nil unless it has exactly that form, with any zone as `+hhmm` or `-hhmm`, and exists.
  init?(_ date: String) {
    let words = date.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 6, words[0].hasSuffix(","), Self.weekdays.contains(String(words[0].dropLast())) else {
      return nil
    }
    let clock = words[4].split(separator: ":", omittingEmptySubsequences: false).map { Self.number($0, digits: 2) }
    guard let day = Self.number(words[1], digits: 2) ?? Self.number(words[1], digits: 1),
      let month = Self.months.firstIndex(of: String(words[2])),
      let year = Self.number(words[3], digits: 4),
      clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
      let offset = Self.offset(words[5])
    else { return nil }

    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let fields = DateComponents(
      year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
    guard fields.isValidDate(in: calendar), let local = calendar.date(from: fields) else { return nil }
    let utc = local.addingTimeInterval(TimeInterval(-offset * 60))
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: utc)
    guard let y = parts.year, let mo = parts.month, let d = parts.day,
      let h = parts.hour, let mi = parts.minute, let s = parts.second
    else { return nil }
    sortable =
      Self.padded(y, 4) + Self.padded(mo, 2) + Self.padded(d, 2) + "T"
      + Self.padded(h, 2) + Self.padded(mi, 2) + Self.padded(s, 2) + "Z"
  }

  private static func number(_ text: Substring, digits: Int) -> Int? {
    let isNumber = text.utf8.count == digits && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    return isNumber ? Int(text) : nil
  }

  /// Minutes east of UTC.
  private static func offset(_ zone: Substring) -> Int? {
    guard zone.hasPrefix("+") || zone.hasPrefix("-"), let digits = number(zone.dropFirst(), digits: 4) else {
      return nil
    }
    let minutes = digits / 100 * 60 + digits % 100
    return zone.hasPrefix("-") ? -minutes : minutes
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
