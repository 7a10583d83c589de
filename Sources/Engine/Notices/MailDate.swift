package import Domain
import Foundation

/// The `Date` of a mail (RFC 5322 §3.3): `Mon, 31 Aug 2026 09:00:00 +0000`.
package enum MailDate {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  package static func text(_ time: Timestamp) -> String {
    let day = Int((time.seconds - (time.seconds % 86_400 + 86_400) % 86_400) / 86_400)
    let date = CivilDate(daysSince1970: day)
    let second = time.seconds - Int64(day) * 86_400
    let clock = [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
    let weekday = days[((day + 4) % 7 + 7) % 7]
    return "\(weekday), \(date.day) \(months[date.month - 1]) \(date.year) \(clock.joined(separator: ":")) +0000"
  }
}
