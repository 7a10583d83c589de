import Domain
import Foundation
import Testing

struct ScheduleZoneTests {
  @Test(arguments: [
    "UTC", "Etc/UTC", "Europe/London", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "US/Eastern",
  ])
  func `an IANA name is kept as written`(name: String) throws {
    let zone = try ScheduleZone(identifier: name)
    #expect(zone.identifier == name)
    #expect(zone.description == name)
  }

  @Test(arguments: [
    "", "London", "europe/london", "Mars/Olympus", "EST", "BST", "PST", "GMT+5", "+01:00", "SystemV/EST5",
  ])
  func `an abbreviation, an offset or a fancy is refused by name`(name: String) {
    let error = #expect(throws: ScheduleZoneError.self) { try ScheduleZone(identifier: name) }
    #expect(
      error?.description
        == "time zone \"\(name)\" is not known; write an IANA name such as \"Europe/London\", or \"UTC\"")
  }

  @Test(arguments: [
    // Plain days.
    ("UTC", "2026-08-31", "09:00", "2026-08-31T09:00:00Z"),
    ("Europe/London", "2026-08-31", "09:00", "2026-08-31T08:00:00Z"),
    ("Europe/London", "2026-12-31", "09:00", "2026-12-31T09:00:00Z"),
    ("Asia/Kathmandu", "2026-08-31", "00:00", "2026-08-30T18:15:00Z"),
    // Skipped: moved forward by the gap.
    ("Europe/London", "2026-03-29", "01:30", "2026-03-29T01:30:00Z"),
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:30:00Z"),
    ("America/New_York", "2026-03-08", "02:00", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-03-08", "01:59", "2026-03-08T06:59:00Z"),
    ("America/New_York", "2026-03-08", "03:00", "2026-03-08T07:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:45:00Z"),
    ("America/Havana", "2026-03-08", "00:00", "2026-03-08T05:00:00Z"),
    ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-30T19:00:00Z"),
    // Twice: the first.
    ("Europe/London", "2026-10-25", "01:30", "2026-10-25T00:30:00Z"),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"),
    ("America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z"),
    // Ireland's winter time is its daylight saving, minus one hour.
    ("Europe/Dublin", "2026-03-29", "01:30", "2026-03-29T01:30:00Z"),
    ("Europe/Dublin", "2026-10-25", "01:30", "2026-10-25T00:30:00Z"),
    ("Europe/Dublin", "2026-10-25", "02:30", "2026-10-25T02:30:00Z"),
  ])
  func `a local time is one moment`(name: String, date: String, time: String, expected: String) throws {
    let zone = try ScheduleZone(identifier: name)
    let moment = try zone.instant(of: CivilDate(parsing: date), at: LocalTime(parsing: time))
    #expect(moment.description == expected)
  }

  /// The rules of `java.time`, reckoned from the offsets a day before and a day after: nothing of Calendar's.
  @Test func `every clock change of ten years in every zone is met alike`() throws {
    let first = CivilDate(year: 2020, month: 1, day: 1)!.daysSince1970
    var count = 0
    for name in TimeZone.knownTimeZoneIdentifiers where name.contains("/") {
      let zone = try ScheduleZone(identifier: name)
      func offset(_ seconds: Int) -> Int { zone.timeZone.secondsFromGMT(for: Timestamp(seconds: Int64(seconds)).date) }
      for day in first..<(first + 3653) where offset((day - 1) * 86_400) != offset((day + 2) * 86_400) {
        for minutes in stride(from: 0, to: 1440, by: 30) {
          let local = day * 86_400 + minutes * 60
          let (before, after) = (offset(local - 86_400), offset(local + 86_400))
          let existing = [before, after].first { offset(local - $0) == $0 }
          let time = LocalTime(hour: minutes / 60, minute: minutes % 60)!
          let moment = zone.instant(of: CivilDate(daysSince1970: day), at: time)
          count += 1
          #expect(
            moment.seconds == Int64(local - (existing ?? before)), "\(name) \(CivilDate(daysSince1970: day)) \(time)")
        }
      }
    }
    #expect(count > 100_000)
  }

  @Test(arguments: [
    ("UTC", "2026-08-31T23:59:59Z", "2026-08-31"), ("UTC", "2026-09-01T00:00:00Z", "2026-09-01"),
    ("Europe/London", "2026-08-31T22:59:59Z", "2026-08-31"), ("Europe/London", "2026-08-31T23:00:00Z", "2026-09-01"),
    ("America/New_York", "2026-03-01T04:59:59Z", "2026-02-28"),
    ("Pacific/Auckland", "2026-12-31T11:00:00Z", "2027-01-01"),
    ("America/Los_Angeles", "1970-01-01T00:00:00Z", "1969-12-31"),
  ])
  func `today is the zone's own`(name: String, moment: String, expected: String) throws {
    let moment = try #require(Timestamp(rfc3339: moment))
    #expect(try ScheduleZone(identifier: name).date(at: moment).description == expected)
  }

  @Test func `a millisecond before midnight is still today`() throws {
    let midnight = try #require(Timestamp(rfc3339: "2026-09-01T00:00:00Z"))
    let before = Timestamp(milliseconds: midnight.milliseconds - 1)
    #expect(try ScheduleZone(identifier: "UTC").date(at: before).description == "2026-08-31")
  }
}
