import Domain
import Testing

@testable import Stripe

struct HTTPDateTests {
  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
    ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
    ("Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59Z"),
    ("Fri, 01 Mar 2024 00:00:00 GMT", "2024-03-01T00:00:00Z"),
    ("Wed, 31 Dec 2025 12:00:00 GMT", "2025-12-31T12:00:00Z"),
    ("Mon, 28 Feb 2100 00:00:01 GMT", "2100-02-28T00:00:01Z"),
    ("Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00Z"),
  ])
  func `a date is read to the second`(header: String, expected: String) {
    #expect(HTTPDate.parse(header)?.description == expected)
  }

  @Test(arguments: [
    "", "Sun Nov  6 08:49:37 1994", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
  ])
  func `anything else is none`(header: String) {
    #expect(HTTPDate.parse(header) == nil)
  }
}
