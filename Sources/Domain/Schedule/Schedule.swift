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
  package func isOver(_ index: Int, from anchor: CivilDate) -> Bool {
    switch end {
    case nil: false
    case .count(let count): index >= count
    case .until(let date): dueDate(index, from: anchor) > date
    }
  }

  /// The period that is due on a date; `nil` if none is.
  package func period(on date: CivilDate, from anchor: CivilDate) -> Period? {
    let index = intervals(from: anchor, to: date)
    guard index >= 0, !isOver(index, from: anchor) else { return nil }
    let period = period(index, from: anchor)
    return period.date == date ? period : nil
  }

  /// The index of the first period that is due after a moment, at the cost of a few dates however old the anchor is.
  ///
  /// The one before the estimate is due later where a whole day was skipped (Pacific/Apia, 30 December 2011).
  package func firstIndex(after moment: Timestamp, from anchor: CivilDate) -> Int {
    var index = max(0, intervals(from: anchor, to: zone.date(at: moment)))
    while index > 0, instant(of: dueDate(index - 1, from: anchor)) > moment { index -= 1 }
    while instant(of: dueDate(index, from: anchor)) <= moment { index += 1 }
    return index
  }

  /// The periods from `index` on that are due by `end`, oldest first; none of them is computed before it is asked for.
  package func periods(from anchor: CivilDate, startingAt index: Int, through end: Timestamp) -> DuePeriods {
    DuePeriods(schedule: self, anchor: anchor, end: end, index: index)
  }

  /// Whole intervals between two dates, rounded down; in months, between their months, whatever the days. So the due
  /// date of that index, if there is one on `date`, is on `date`; else it is near.
  private func intervals(from anchor: CivilDate, to date: CivilDate) -> Int {
    let days = date.daysSince1970 - anchor.daysSince1970
    let months = date.monthIndex - anchor.monthIndex
    return switch every.unit {
    case .day: floorDivide(days, every.count)
    case .week: floorDivide(days, 7 * every.count)
    case .month: floorDivide(months, every.count)
    case .year: floorDivide(months, 12 * every.count)
    }
  }
}

/// The periods of a schedule up to a moment, one at a time.
package struct DuePeriods: Sequence, IteratorProtocol, Sendable {
  fileprivate let schedule: Schedule
  fileprivate let anchor: CivilDate
  fileprivate let end: Timestamp
  fileprivate var index: Int

  package mutating func next() -> Period? {
    guard !schedule.isOver(index, from: anchor) else { return nil }
    let period = schedule.period(index, from: anchor)
    guard period.dueAt <= end else { return nil }
    index += 1
    return period
  }
}
