package import Foundation

/// The time zone of a schedule, by its IANA name such as `Europe/London`.
///
/// The rules come with Foundation (`TimeZone.timeZoneDataVersion`), not from the system's zoneinfo: a new rule needs a
/// new Swift runtime.
package struct ScheduleZone: Sendable {
  /// As it was written; Foundation may call the same zone otherwise (`UTC` is `GMT` to it).
  package let identifier: String
  package let timeZone: TimeZone
  private let calendar: Calendar

  /// Abbreviations (`EST`, `BST`) and fixed offsets (`GMT+5`) are refused: they have no clock changes, and `BST` is in
  /// Bangladesh.
  package init(identifier: String) throws(ScheduleZoneError) {
    let isNamed = identifier.contains("/") && !identifier.hasPrefix("SystemV/")
    guard isNamed || identifier == "UTC", let timeZone = TimeZone(identifier: identifier) else {
      throw ScheduleZoneError(identifier: identifier)
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    self.identifier = identifier
    self.timeZone = timeZone
    self.calendar = calendar
  }
}

extension ScheduleZone {
  /// The moment at which the clocks of the zone show this time on this date.
  ///
  /// A time that a clock change skips moves forward by the gap (02:30 becomes 03:30); one that occurs twice is the first.
  package func instant(of date: CivilDate, at time: LocalTime) -> Timestamp {
    let components = DateComponents(
      year: date.year, month: date.month, day: date.day, hour: time.hour, minute: time.minute)
    guard let instant = calendar.date(from: components) else {
      preconditionFailure("no moment for \(date) \(time) in \(identifier)")
    }
    return Timestamp(instant)
  }

  /// The date that calendars on the zone's walls show at a moment.
  package func date(at moment: Timestamp) -> CivilDate {
    let offset = timeZone.secondsFromGMT(for: moment.date)
    return CivilDate(daysSince1970: floorDivide(Int(moment.seconds) + offset, 86_400))
  }
}

extension ScheduleZone {
  /// The time of day that clocks on the zone's walls show at a moment, in minutes since midnight.
  package func minuteOfDay(at moment: Timestamp) -> Int {
    let seconds = Int(moment.seconds) + timeZone.secondsFromGMT(for: moment.date)
    return (seconds - 86_400 * floorDivide(seconds, 86_400)) / 60
  }

  /// `2027-03-31 09:00`, for people in a terminal.
  package func minute(at moment: Timestamp) -> String {
    let minute = minuteOfDay(at: moment)
    return "\(date(at: moment)) \(padded(minute / 60, 2)):\(padded(minute % 60, 2))"
  }
}

extension ScheduleZone: Hashable {
  package static func == (a: ScheduleZone, b: ScheduleZone) -> Bool { a.identifier == b.identifier }
  package func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}

extension ScheduleZone {
  package static let utc: ScheduleZone = {
    do throws(ScheduleZoneError) {
      return try ScheduleZone(identifier: "UTC")
    } catch {
      preconditionFailure("every system knows UTC")
    }
  }()
}

extension ScheduleZone: CustomStringConvertible {
  package var description: String { identifier }
}

extension ScheduleZone: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(identifier: decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(identifier)
  }
}

/// A text does not name a time zone.
package struct ScheduleZoneError: Error, Hashable, CustomStringConvertible {
  package let identifier: String

  package var description: String {
    "time zone \"\(identifier)\" is not known; write an IANA name such as \"Europe/London\", or \"UTC\""
  }
}
