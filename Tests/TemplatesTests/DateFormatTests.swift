import Domain
import Foundation
import Testing

@testable import Templates

struct DateFormatTests {
  /// Half past eleven in the evening of 2 May in London, already 3 May in Berlin.
  private static let late = Timestamp(seconds: 1_777_761_000)

  @Test(arguments: [
    ("en", "May 2, 2026"), ("en-GB", "2 May 2026"), ("de", "2. Mai 2026"), ("fr", "2 mai 2026"), ("ja", "2026年5月2日"),
    ("es", "2 de mayo de 2026"), ("es-MX", "2 de mayo de 2026"), ("fr-CA", "2 mai 2026"),
  ])
  func `a day is written as the locale writes it`(locale: String, text: String) {
    #expect(DateFormat.day(Self.late, zone: TemplateFixture.london, locale: locale) == text)
  }

  @Test func `the zone decides which day it is`() throws {
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    #expect(DateFormat.day(Self.late, zone: berlin, locale: "en-GB") == "3 May 2026")
  }

  @Test(arguments: [
    ("fr", "1er mai 2026"), ("fr-CA", "1er mai 2026"), ("es", "1 de mayo de 2026"), ("de", "1. Mai 2026"),
  ])
  func `French counts the first of a month`(locale: String, text: String) {
    #expect(DateFormat.day(Self.late - .days(1), zone: TemplateFixture.london, locale: locale) == text)
  }

  @Test(arguments: [
    ("en-GB", "2 May 2026 at 23:30 BST"), ("de", "2. Mai 2026 um 23:30 GMT+1"),
    ("fr", "2 mai 2026 à 23:30 UTC+1"), ("es", "2 de mayo de 2026, 23:30 GMT+1"), ("ja", "2026年5月2日 23:30 GMT+1"),
  ])
  func `a moment names its zone`(locale: String, text: String) {
    #expect(DateFormat.moment(Self.late, zone: TemplateFixture.london, locale: locale) == text)
  }
}
