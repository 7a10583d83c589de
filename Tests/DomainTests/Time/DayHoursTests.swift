import Domain
import Testing

/// Parts of the day: when retries may be, and when customers sleep.
@Suite struct DayHoursTests {
  static let moments: [(hours: String, at: String, zone: String, within: Bool, next: String, end: String)] = [
    ("08:00-20:00", "2027-03-04T12:00:00Z", "UTC", true, "2027-03-04T12:00:00Z", "2027-03-04T20:00:00Z"),
    ("08:00-20:00", "2027-03-04T08:00:00Z", "UTC", true, "2027-03-04T08:00:00Z", "2027-03-04T20:00:00Z"),
    ("08:00-20:00", "2027-03-04T20:00:00Z", "UTC", false, "2027-03-05T08:00:00Z", "2027-03-04T20:00:00Z"),
    ("08:00-20:00", "2027-03-04T03:30:00Z", "UTC", false, "2027-03-04T08:00:00Z", "2027-03-04T03:30:00Z"),
    ("21:00-08:00", "2027-03-04T23:00:00Z", "UTC", true, "2027-03-04T23:00:00Z", "2027-03-05T08:00:00Z"),
    ("21:00-08:00", "2027-03-04T02:00:00Z", "UTC", true, "2027-03-04T02:00:00Z", "2027-03-04T08:00:00Z"),
    ("21:00-08:00", "2027-03-04T12:00:00Z", "UTC", false, "2027-03-04T21:00:00Z", "2027-03-04T12:00:00Z"),
    // By the clock on the wall there, whatever its distance to UTC on that day.
    ("08:00-20:00", "2027-06-04T06:30:00Z", "Europe/Berlin", true, "2027-06-04T06:30:00Z", "2027-06-04T18:00:00Z"),
    ("08:00-20:00", "2027-01-04T06:30:00Z", "Europe/Berlin", false, "2027-01-04T07:00:00Z", "2027-01-04T06:30:00Z"),
    // The night that is an hour shorter.
    ("21:00-08:00", "2027-03-27T22:00:00Z", "Europe/Berlin", true, "2027-03-27T22:00:00Z", "2027-03-28T06:00:00Z"),
    // 02:30 does not exist on that night: it is 03:30.
    ("02:30-05:00", "2027-03-28T00:00:00Z", "Europe/Berlin", false, "2027-03-28T01:30:00Z", "2027-03-28T00:00:00Z"),
  ]

  @Test(arguments: moments)
  func `hours are told by the clock on the wall`(
    row: (hours: String, at: String, zone: String, within: Bool, next: String, end: String)
  ) throws {
    let hours = try #require(DayHours(parsing: row.hours))
    let zone = try ScheduleZone(identifier: row.zone)
    let at = try #require(Timestamp(rfc3339: row.at))
    #expect(hours.contains(at, in: zone) == row.within)
    #expect(hours.next(from: at, in: zone).description == row.next)
    #expect(hours.end(from: at, in: zone).description == row.end)
    #expect(DayHours(parsing: hours.description) == hours)
  }

  @Test(arguments: ["", "08:00", "08:00-", "-20:00", "08:00-08:00", "8-20", "08:00-24:00", "08:00-20:00-21:00"])
  func `what is no part of the day is not read`(text: String) { #expect(DayHours(parsing: text) == nil) }
}
