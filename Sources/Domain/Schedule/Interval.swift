/// How often: every so many days, weeks, months or years.
package struct Interval: Sendable, Hashable {
  package enum Unit: String, Sendable, CaseIterable, Codable { case day, week, month, year }

  /// At least 1.
  package let count: Int
  package let unit: Unit

  package init(count: Int, unit: Unit) {
    precondition(count >= 1, "an interval of \(count) \(unit.rawValue)s")
    self.count = count
    self.unit = unit
  }
}

extension Interval {
  /// The largest count that a text may say; beyond it is a typing mistake.
  private static let largestCount = 1000

  /// Reads `1 month`, `2 weeks`: a count and a unit, singular or plural.
  package init(parsing text: String) throws(IntervalError) {
    let words = text.split(separator: " ")
    guard words.count == 2 else { throw .unreadable(text) }
    let digits = words[0]
    let unit = Unit.allCases.first { words[1] == $0.rawValue || words[1] == $0.rawValue + "s" }
    guard let unit, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { throw .unreadable(text) }
    guard let count = Int(digits), (1...Self.largestCount).contains(count) else { throw .countOutOfRange(text) }
    self.init(count: count, unit: unit)
  }
}

/// What is stored and written in job files: `1 month`, `2 weeks`.
extension Interval: CustomStringConvertible {
  package var description: String { "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")" }
}

extension Interval: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(parsing: decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Why a text is not an interval.
package enum IntervalError: Error, Hashable, CustomStringConvertible {
  case unreadable(String)
  case countOutOfRange(String)

  package var description: String {
    switch self {
    case .unreadable(let text):
      "\"\(text)\" is not an interval; write \(Self.suggestion(for: text)): a count and day, week, month or year"
    case .countOutOfRange(let text):
      "\"\(text)\" is not an interval; its count must be a whole number from 1 to 1000, such as \"1 month\""
    }
  }

  private static func suggestion(for text: String) -> String {
    let meant = [
      "daily": "1 day", "day": "1 day", "weekly": "1 week", "week": "1 week", "biweekly": "2 weeks",
      "fortnightly": "2 weeks", "fortnight": "2 weeks", "monthly": "1 month", "month": "1 month",
      "quarterly": "3 months", "quarter": "3 months", "yearly": "1 year", "annually": "1 year", "year": "1 year",
    ]
    let text = text.lowercased()
    let interval = meant[text] ?? meant[text.replacing("every ", with: "")] ?? "1 month"
    return "\"\(interval)\""
  }
}

extension Interval {
  /// Whether two intervals lead to the same dates: a year is twelve months, and a week seven days.
  package func isAsLong(as other: Interval) -> Bool { length == other.length }

  private var length: [Int] {
    switch unit {
    case .day: [0, count]
    case .week: [0, 7 * count]
    case .month: [count, 0]
    case .year: [12 * count, 0]
    }
  }
}
