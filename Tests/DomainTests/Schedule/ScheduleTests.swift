import Domain
import Foundation
import Testing

struct ScheduleTests {
  @Test(arguments: [
    ("1 month", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]),
    ("1 month", "2024-01-30", ["2024-01-30", "2024-02-29", "2024-03-30", "2024-04-30", "2024-05-30"]),
    ("3 months", "2025-11-30", ["2025-11-30", "2026-02-28", "2026-05-30", "2026-08-30", "2026-11-30", "2027-02-28"]),
    ("1 year", "2024-02-29", ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
    ("2 weeks", "2026-02-20", ["2026-02-20", "2026-03-06", "2026-03-20"]),
    ("10 days", "2026-02-20", ["2026-02-20", "2026-03-02", "2026-03-12"]),
  ])
  func `due dates are counted from the anchor`(every: String, anchor: String, expected: [String]) throws {
    let schedule = try Self.schedule(every)
    let anchor = try CivilDate(parsing: anchor)
    #expect(expected.indices.map { schedule.dueDate($0, from: anchor).description } == expected)
  }

  @Test func `a period has its date as key and its moment`() throws {
    let period = try Self.schedule("1 month").period(7, from: CivilDate(parsing: "2026-01-31"))
    #expect(period.index == 7)
    #expect(period.key == PeriodKey("2026-08-31"))
    #expect(period.dueAt.description == "2026-08-31T08:00:00Z")
  }

  @Test func `a day that a zone skipped is due with the next`() throws {
    let schedule = try Self.schedule("1 day", zone: "Pacific/Apia")
    let anchor = try CivilDate(parsing: "2011-12-01")
    let due = (28...31).map { schedule.period($0, from: anchor) }
    #expect(due.map(\.key.text) == ["2011-12-29", "2011-12-30", "2011-12-31", "2012-01-01"])
    #expect(due[1].dueAt == due[2].dueAt, "30 December 2011 never was there")
    #expect(due[0].dueAt < due[1].dueAt && due[2].dueAt < due[3].dueAt)
  }

  @Test(arguments: [
    ("1 month", "2026-01-31", "every month on the 31st, or the month's last day, at 09:00 Europe/London"),
    ("1 month", "2026-01-28", "every month on the 28th at 09:00 Europe/London"),
    ("1 month", "2026-01-02", "every month on the 2nd at 09:00 Europe/London"),
    ("3 months", "2026-01-11", "every 3 months on the 11th at 09:00 Europe/London"),
    ("6 months", "2026-01-23", "every 6 months on the 23rd at 09:00 Europe/London"),
    ("1 week", "2026-08-31", "every week on Monday at 09:00 Europe/London"),
    ("2 weeks", "2026-09-06", "every 2 weeks on Sunday at 09:00 Europe/London"),
    ("1 year", "2026-08-31", "every year on 31 August at 09:00 Europe/London"),
    ("1 year", "2024-02-29", "every year on 29 February (28 February in common years) at 09:00 Europe/London"),
    ("1 day", "2026-08-31", "every day at 09:00 Europe/London"),
    ("10 days", "2026-08-31", "every 10 days from 2026-08-31 at 09:00 Europe/London"),
  ])
  func `a schedule says itself in words`(every: String, anchor: String, sentence: String) throws {
    #expect(try Self.schedule(every).sentence(from: CivilDate(parsing: anchor)) == sentence)
  }

  @Test func `a schedule without an anchor says less`() throws {
    #expect(try Self.schedule("2 weeks").description == "every 2 weeks at 09:00 Europe/London")
  }

  @Test func `a schedule that ends says when, and has no period after it`() throws {
    let anchor = try CivilDate(parsing: "2026-01-31")
    let three = try Self.schedule("1 month", end: .count(3))
    #expect(three.description == "every month at 09:00 Europe/London, 3 times")
    #expect(!three.isOver(2, from: anchor, earlier: 0) && three.isOver(3, from: anchor, earlier: 0))
    #expect(three.isOver(1, from: anchor, earlier: 2), "what another interval charged is counted")
    let spring = try Self.schedule("1 month", end: .until(CivilDate(parsing: "2026-03-31")))
    #expect(spring.description == "every month at 09:00 Europe/London, until 2026-03-31")
    #expect(
      !spring.isOver(2, from: anchor, earlier: 0) && spring.isOver(3, from: anchor, earlier: 0),
      "on its last day something is due")
  }

  @Test(arguments: [ScheduleEnd.count(1), .count(12)])
  func `an end is stored as its words`(end: ScheduleEnd) throws {
    #expect(ScheduleEnd(parsing: end.description) == end)
    #expect(ScheduleEnd(parsing: "until 2027-12-31") == .until(try CivilDate(parsing: "2027-12-31")))
    for text in ["", "0 times", "-1 times", "until", "until then", "12", "12 times more"] {
      #expect(ScheduleEnd(parsing: text) == nil, "\(text)")
    }
  }

  @Test func `schedules differ by interval, time and zone`() throws {
    let schedule = try Self.schedule("1 month")
    #expect(schedule != (try Self.schedule("2 months")))
    #expect(schedule != (try Self.schedule("1 month", at: "09:01")))
    #expect(schedule != (try Self.schedule("1 month", zone: "Europe/Jersey")))
    #expect(schedule == (try Self.schedule("1 months")))
  }

  static func schedule(
    _ every: String, at: String = "09:00", zone: String = "Europe/London", end: ScheduleEnd? = nil
  ) throws -> Schedule {
    Schedule(
      every: try Interval(parsing: every), at: try LocalTime(parsing: at), zone: try ScheduleZone(identifier: zone),
      end: end)
  }
}
