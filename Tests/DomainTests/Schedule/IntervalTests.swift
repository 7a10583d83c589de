import Domain
import Testing

struct IntervalTests {
  @Test(
    arguments: [
      ("1 day", 1, .day, "1 day"), ("10 days", 10, .day, "10 days"), ("1 week", 1, .week, "1 week"),
      ("2 weeks", 2, .week, "2 weeks"), ("1 month", 1, .month, "1 month"), ("3 months", 3, .month, "3 months"),
      ("1 year", 1, .year, "1 year"), ("2 year", 2, .year, "2 years"), ("1 months", 1, .month, "1 month"),
      (" 2  weeks ", 2, .week, "2 weeks"), ("1000 days", 1000, .day, "1000 days"),
    ] as [(String, Int, Interval.Unit, String)])
  func `an interval is read and written`(text: String, count: Int, unit: Interval.Unit, written: String) throws {
    let interval = try Interval(parsing: text)
    #expect(interval == Interval(count: count, unit: unit))
    #expect(interval.description == written)
    #expect(try Interval(parsing: written) == interval)
  }

  @Test(arguments: [
    ("monthly", "1 month"), ("Monthly", "1 month"), ("every month", "1 month"), ("month", "1 month"),
    ("weekly", "1 week"), ("fortnight", "2 weeks"), ("quarterly", "3 months"), ("yearly", "1 year"), ("daily", "1 day"),
    ("", "1 month"), ("1", "1 month"), ("one month", "1 month"), ("1 Month", "1 month"), ("1month", "1 month"),
    ("1.5 months", "1 month"), ("-1 month", "1 month"), ("+1 month", "1 month"), ("1 month 2 days", "1 month"),
    ("1 hour", "1 month"), ("1 monthss", "1 month"), ("٣ days", "1 month"),
  ])
  func `what is not an interval is refused with what to write`(text: String, instead: String) {
    let error = #expect(throws: IntervalError.self) { try Interval(parsing: text) }
    #expect(
      error?.description
        == "\"\(text)\" is not an interval; write \"\(instead)\": a count and day, week, month or year")
  }

  @Test(arguments: ["0 months", "1001 days", "99999999999999999999 days"])
  func `a count beyond reason is refused`(text: String) {
    let error = #expect(throws: IntervalError.self) { try Interval(parsing: text) }
    #expect(error == .countOutOfRange(text))
    #expect(error?.description.contains("a whole number from 1 to 1000") == true)
  }
}

struct LocalTimeTests {
  @Test(arguments: [("00:00", 0, 0), ("09:00", 9, 0), ("23:59", 23, 59)])
  func `a time is read and written`(text: String, hour: Int, minute: Int) throws {
    let time = try LocalTime(parsing: text)
    #expect((time.hour, time.minute) == (hour, minute))
    #expect(time.description == text)
  }

  @Test(arguments: ["", "9:00", "09", "24:00", "09:60", "09:00:00", "9 am", "0900", " 9:00", "-1:00", "09:0٣"])
  func `what no clock shows is refused`(text: String) {
    let error = #expect(throws: LocalTimeError.self) { try LocalTime(parsing: text) }
    #expect(error?.description.hasPrefix("\"\(text)\" is not a time of day; write hours and minutes") == true)
  }
}
