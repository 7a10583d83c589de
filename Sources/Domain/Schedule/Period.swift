/// One turn of an agreement's schedule.
package struct Period: Sendable, Hashable {
  /// How many intervals after the anchor: 0 is the anchor itself.
  package let index: Int
  package let date: CivilDate
  /// The moment at which it is due.
  package let dueAt: Timestamp

  package var key: PeriodKey { PeriodKey(date) }
}
