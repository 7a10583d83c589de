extension Schedule: CustomStringConvertible {
  /// `every 2 weeks at 09:00 Europe/London`.
  package var description: String { "\(rhythm) \(clock)\(ending)" }

  /// The schedule of one agreement: `every month on the 31st, or the month's last day, at 09:00 Europe/London`.
  package func sentence(from anchor: CivilDate) -> String { turns(from: anchor) + ending }

  private var ending: String { end.map { ", \($0)" } ?? "" }

  private func turns(from anchor: CivilDate) -> String {
    switch every.unit {
    case .day:
      every.count == 1 ? "\(rhythm) \(clock)" : "\(rhythm) from \(anchor) \(clock)"
    case .week:
      "\(rhythm) on \(Self.weekday(of: anchor)) \(clock)"
    case .month:
      "\(rhythm) on the \(Self.ordinal(anchor.day))\(anchor.day > 28 ? ", or the month's last day," : "") \(clock)"
    case .year:
      "\(rhythm) on \(Self.dayOfYear(anchor)) \(clock)"
    }
  }

  private var rhythm: String { every.count == 1 ? "every \(every.unit.rawValue)" : "every \(every)" }
  private var clock: String { "at \(at) \(zone)" }

  private static func weekday(of date: CivilDate) -> String {
    let names = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]
    let days = date.daysSince1970  // 1970-01-01 was a Thursday
    return names[days - 7 * floorDivide(days, 7)]
  }

  private static func dayOfYear(_ date: CivilDate) -> String {
    let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
      "December",
    ]
    let leapDay = date.month == 2 && date.day == 29
    return "\(date.day) \(months[date.month - 1])\(leapDay ? " (28 February in common years)" : "")"
  }

  private static func ordinal(_ day: Int) -> String {
    switch day {
    case 1, 21, 31: "\(day)st"
    case 2, 22: "\(day)nd"
    case 3, 23: "\(day)rd"
    default: "\(day)th"
    }
  }
}
