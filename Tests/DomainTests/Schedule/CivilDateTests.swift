import Domain
import Foundation
import Testing

struct CivilDateTests {
  @Test func `every day of 400 years follows the one before and is counted back`() {
    // An era of the Gregorian calendar: 146 097 days, after which everything repeats.
    let start = CivilDate(year: 1800, month: 3, day: 1)!.daysSince1970
    var yesterday = CivilDate(daysSince1970: start)
    for days in (start + 1)...(start + 146_097) {
      let today = CivilDate(daysSince1970: days)
      #expect(today.daysSince1970 == days)
      let isNextDay = (today.year, today.month, today.day) == (yesterday.year, yesterday.month, yesterday.day + 1)
      let lastDay = CivilDate.days(inMonth: yesterday.month, of: yesterday.year)
      let isNextMonth =
        today.day == 1 && yesterday.day == lastDay && today.monthIndexInTest == yesterday.monthIndexInTest + 1
      #expect(isNextDay || isNextMonth, "\(yesterday) then \(today)")
      #expect(yesterday < today)
      yesterday = today
    }
    #expect(yesterday == CivilDate(year: 2200, month: 3, day: 1))
  }

  @Test(arguments: [
    ("1970-01-01", 0), ("1970-01-02", 1), ("2000-02-29", 11016), ("2000-03-01", 11017), ("2024-02-29", 19782),
    ("2026-08-31", 20696), ("2038-01-19", 24855), ("9999-12-31", 2_932_896),
  ])
  func `days are counted from 1970`(text: String, days: Int) throws {
    #expect(try CivilDate(parsing: text).daysSince1970 == days)
    #expect(CivilDate(daysSince1970: days).description == text)
  }

  @Test func `days before 1970 are negative`() {
    #expect(CivilDate(daysSince1970: -1) == CivilDate(year: 1969, month: 12, day: 31))
  }

  @Test(arguments: [
    ("2026-01-31", 1, "2026-02-28"), ("2024-01-31", 1, "2024-02-29"), ("2026-01-31", 2, "2026-03-31"),
    ("2026-03-31", 1, "2026-04-30"), ("2026-12-31", 1, "2027-01-31"), ("2026-12-31", 2, "2027-02-28"),
    ("2026-05-15", 12, "2027-05-15"), ("2026-05-15", -5, "2025-12-15"), ("2026-03-31", -1, "2026-02-28"),
    ("2024-02-29", 12, "2025-02-28"), ("2024-02-29", 48, "2028-02-29"), ("2096-02-29", 48, "2100-02-28"),
    ("2026-05-15", 0, "2026-05-15"),
  ])
  func `months keep the day or clamp it`(text: String, months: Int, expected: String) throws {
    #expect(try CivilDate(parsing: text).adding(months: months).description == expected)
  }

  @Test func `days, weeks and years are added`() throws {
    let date = try CivilDate(parsing: "2024-02-28")
    #expect(date.adding(days: 1).description == "2024-02-29")
    #expect(date.adding(days: 2).description == "2024-03-01")
    #expect(date.adding(days: -59).description == "2023-12-31")
    #expect(date.adding(weeks: 2).description == "2024-03-13")
    #expect(date.adding(days: 1).adding(years: 1).description == "2025-02-28")
    #expect(date.adding(days: 1).adding(years: 4).description == "2028-02-29")
  }

  @Test(arguments: [1900, 2100, 2023, 2026])
  func `a common year has no leap day`(year: Int) {
    #expect(CivilDate(year: year, month: 2, day: 29) == nil)
    #expect(CivilDate(year: year, month: 2, day: 28) != nil)
  }

  @Test(arguments: [2000, 2024, 2028, 2400])
  func `a leap year has one`(year: Int) {
    #expect(CivilDate(year: year, month: 2, day: 29) != nil)
    #expect(CivilDate(year: year, month: 2, day: 30) == nil)
  }

  @Test(arguments: [(2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 1, 32), (2026, 4, 31), (2026, -1, 1)])
  func `a date that does not exist is none`(year: Int, month: Int, day: Int) {
    #expect(CivilDate(year: year, month: month, day: day) == nil)
  }

  @Test(arguments: [
    "", "2026-8-31", "26-08-31", "2026/08/31", "2026-08-31T00:00:00Z", " 2026-08-31", "2026-08-31 ", "20260831",
    "+026-08-31", "-026-08-31", "2026--8-31", "٢٠٢٦-08-31", "2026-08", "31.08.2026",
  ])
  func `another form is refused`(text: String) {
    let error = #expect(throws: CivilDateError.self) { try CivilDate(parsing: text) }
    #expect(error == .unreadable(text))
    #expect(error?.description == "\"\(text)\" is not a date; write year, month and day as in \"2026-08-31\"")
  }

  @Test(arguments: ["2026-02-29", "2026-04-31", "2026-00-10", "2026-13-01", "2026-01-00", "1969-12-31", "0026-08-31"])
  func `a date off the calendar is refused`(text: String) {
    let error = #expect(throws: CivilDateError.self) { try CivilDate(parsing: text) }
    #expect(error == .notOnCalendar(text))
    #expect(error?.description.contains("write a date from 1970-01-01 to 9999-12-31 that exists") == true)
  }

  @Test func `dates are ordered by year, month and day`() throws {
    let texts = ["2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01", "2027-01-01"]
    let dates = try texts.map { try CivilDate(parsing: $0) }
    #expect(dates.reversed().sorted().map(\.description) == texts)
  }

  @Test func `a date is stored as its text`() throws {
    let dates = [try CivilDate(parsing: "2026-08-31")]
    let text = try JSONEncoder().encode(dates)
    #expect(String(decoding: text, as: UTF8.self) == "[\"2026-08-31\"]")
    #expect(try JSONDecoder().decode([CivilDate].self, from: text) == dates)
  }
}

extension CivilDate {
  fileprivate var monthIndexInTest: Int { year * 12 + month }
}
