/// The stable name of one turn of an agreement's schedule: its civil due date, such as `2026-08-31`.
///
/// Unique within an agreement, because an interval is at least a day.
package struct PeriodKey: Sendable, Hashable, CustomStringConvertible {
  package let text: String
  package init(_ text: String) { self.text = text }
  package init(_ date: CivilDate) { self.text = date.description }
  package var description: String { text }
}
