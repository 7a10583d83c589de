/// When a schedule stops by itself; the words are iCalendar's (RFC 5545 §3.3.10: COUNT, UNTIL).
package enum ScheduleEnd: Sendable, Hashable {
  /// After so many periods, the first included.
  case count(Int)
  /// Nothing is due after this date; on it, it is.
  case until(CivilDate)
}

extension ScheduleEnd: CustomStringConvertible {
  /// What is stored: `12 times`, `until 2027-12-31`.
  package var description: String {
    switch self {
    case .count(let count): "\(count) times"
    case .until(let date): "until \(date)"
    }
  }

  /// Reads what `description` writes; `nil` for anything else.
  package init?(parsing text: String) {
    let words = text.split(separator: " ")
    guard words.count == 2 else { return nil }
    if words[1] == "times", let count = Int(words[0]), count >= 1 {
      self = .count(count)
    } else if words[0] == "until" {
      do {
        self = .until(try CivilDate(parsing: String(words[1])))
      } catch {
        return nil
      }
    } else {
      return nil
    }
  }
}
