/// When something is charged again: how often, at what time of day, and by whose clock.
///
/// Every due date is counted from the anchor, the first due date, never from the date before it: so 31 January is followed
/// by 28 February and 31 March, and no date drifts.
package struct Schedule: Sendable, Hashable {
  package let every: Interval
  package let at: LocalTime
  package let zone: ScheduleZone
  /// `nil`: it goes on until somebody ends it.
  package let end: ScheduleEnd?

  package init(every: Interval, at: LocalTime, zone: ScheduleZone, end: ScheduleEnd?) {
    self.every = every
    self.at = at
    self.zone = zone
    self.end = end
  }

  /// A schedule without an end.
  package init(every: Interval, at: LocalTime, zone: ScheduleZone) {
    self.init(every: every, at: at, zone: zone, end: nil)
  }
}

extension Schedule {
  /// The due date `index` intervals after the anchor.
  package func dueDate(_ index: Int, from anchor: CivilDate) -> CivilDate {
    let count = index * every.count
    return switch every.unit {
    case .day: anchor.adding(days: count)
    case .week: anchor.adding(weeks: count)
    case .month: anchor.adding(months: count)
    case .year: anchor.adding(years: count)
    }
  }

  /// The moment at which a date's charge is due; see ``ScheduleZone/instant(of:at:)`` for clock changes.
  package func instant(of date: CivilDate) -> Timestamp { zone.instant(of: date, at: at) }

  package func period(_ index: Int, from anchor: CivilDate) -> Period {
    let date = dueDate(index, from: anchor)
    return Period(index: index, date: date, dueAt: instant(of: date))
  }

  /// Whether the period of this index comes after the schedule's end.
  ///
  /// - Parameter earlier: periods of intervals before this one, which an end by count counts as well.
  package func isOver(_ index: Int, from anchor: CivilDate, earlier: Int) -> Bool {
    switch end {
    case nil: false
    case .count(let count): earlier + index >= count
    case .until(let date): dueDate(index, from: anchor) > date
    }
  }
}
