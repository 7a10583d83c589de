/// A date on the calendar on the wall, such as 2026-08-31: no time, no zone. Proleptic Gregorian.
package struct CivilDate: Sendable, Hashable {
  package let year: Int
  /// 1 to 12.
  package let month: Int
  /// 1 to 31, and in the month.
  package let day: Int

  /// `nil` for a date that does not exist, such as 30 February.
  package init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(day) else { return nil }
    self.init(unchecked: year, month, day)
  }

  private init(unchecked year: Int, _ month: Int, _ day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }
}

// MARK: - Arithmetic

extension CivilDate {
  /// How many days this is after 1970-01-01; negative before.
  ///
  /// A year is counted from March, so that the leap day is its last: then the days before a month are a straight line
  /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
  package var daysSince1970: Int {
    let y = month <= 2 ? year - 1 : year
    let era = floorDivide(y, 400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The reverse of ``daysSince1970`` (`civil_from_days`).
  package init(daysSince1970 days: Int) {
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    self.init(unchecked: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  package func adding(days: Int) -> CivilDate { CivilDate(daysSince1970: daysSince1970 + days) }
  package func adding(weeks: Int) -> CivilDate { adding(days: 7 * weeks) }

  /// The same day of a later month, or the month's last where it has no such day: 31 January + 1 month = 28 February.
  package func adding(months: Int) -> CivilDate {
    let index = monthIndex + months
    let year = floorDivide(index, 12)
    let month = index - year * 12 + 1
    return CivilDate(unchecked: year, month, min(day, Self.days(inMonth: month, of: year)))
  }

  /// The same day of a later year; 29 February becomes 28 February in a common year.
  package func adding(years: Int) -> CivilDate { adding(months: 12 * years) }

  /// Months since year 0, for counting how many lie between two dates.
  var monthIndex: Int { year * 12 + month - 1 }

  package static func isLeap(_ year: Int) -> Bool {
    year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
  }

  /// How many days the month has; `month` is 1 to 12.
  package static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Division that rounds towards minus infinity, so that days before 1970 count as those after.
func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
  let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}

extension CivilDate: Comparable {
  package static func < (a: CivilDate, b: CivilDate) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }
}

// MARK: - Text

extension CivilDate: CustomStringConvertible {
  /// `2026-08-31`.
  package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

  /// Reads exactly `2026-08-31`, from 1970 to 9999.
  package init(parsing text: String) throws(CivilDateError) {
    let fields = text.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.map(\.utf8.count) == [4, 2, 2], let year = number(fields[0]), let month = number(fields[1]),
      let day = number(fields[2])
    else { throw .unreadable(text) }
    guard year >= 1970, let date = CivilDate(year: year, month: month, day: day) else { throw .notOnCalendar(text) }
    self = date
  }
}

extension CivilDate: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(parsing: decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Why a text is not a date.
package enum CivilDateError: Error, Hashable, CustomStringConvertible {
  case unreadable(String)
  case notOnCalendar(String)

  package var description: String {
    switch self {
    case .unreadable(let text):
      "\"\(text)\" is not a date; write year, month and day as in \"2026-08-31\""
    case .notOnCalendar(let text):
      "\"\(text)\" is not on the calendar; write a date from 1970-01-01 to 9999-12-31 that exists"
    }
  }
}

/// Digits only: no sign, no space.
func number(_ text: Substring) -> Int? {
  guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
  return Int(text)
}

func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
