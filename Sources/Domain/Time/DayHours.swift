/// A part of every day, by the clock on the wall: `08:00-20:00`; `21:00-08:00` goes over midnight.
package struct DayHours: Sendable, Hashable {
  /// The first minute.
  package let from: LocalTime
  /// The minute after the last.
  package let to: LocalTime

  /// `nil` if the two are the same: that would be nothing, or all of it.
  package init?(from: LocalTime, to: LocalTime) {
    guard from != to else { return nil }
    self.from = from
    self.to = to
  }

  /// Reads `08:00-20:00`; `nil` for anything else.
  package init?(parsing text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    do {
      let from = try LocalTime(parsing: String(parts[0]))
      let to = try LocalTime(parsing: String(parts[1]))
      self.init(from: from, to: to)
    } catch {
      return nil
    }
  }

  package func contains(_ moment: Timestamp, in zone: ScheduleZone) -> Bool {
    let minute = zone.minuteOfDay(at: moment)
    let (first, end) = (from.minuteOfDay, to.minuteOfDay)
    return first < end ? (first..<end).contains(minute) : minute >= first || minute < end
  }

  /// The moment itself if it is within, else when the hours next begin.
  package func next(from moment: Timestamp, in zone: ScheduleZone) -> Timestamp {
    contains(moment, in: zone) ? moment : Self.next(from, after: moment, in: zone)
  }

  /// The moment itself if it is outside, else when the hours end.
  package func end(from moment: Timestamp, in zone: ScheduleZone) -> Timestamp {
    contains(moment, in: zone) ? Self.next(to, after: moment, in: zone) : moment
  }

  /// When the clocks show this time next. A clock change may have taken it from a day; the day after has it.
  private static func next(_ time: LocalTime, after moment: Timestamp, in zone: ScheduleZone) -> Timestamp {
    var date = zone.date(at: moment)
    while true {
      let instant = zone.instant(of: date, at: time)
      if instant > moment { return instant }
      date = date.adding(days: 1)
    }
  }
}

extension DayHours: CustomStringConvertible {
  package var description: String { "\(from)-\(to)" }
}

extension LocalTime {
  var minuteOfDay: Int { hour * 60 + minute }
}
