import Testing

@testable import Domain

/// The short road to a time, beside the long one.
struct PlainTimeTests {
  @Test(arguments: [
    "2027-03-31T09:00:00Z", "2027-03-31", "1970-01-01", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2000-02-29",
    "2100-03-01", "9999-12-31T23:59:59Z",
  ])
  func `a time is the same, read digit by digit`(text: String) throws {
    let plain = try #require(Timestamp(plain: text))
    #expect(plain == Timestamp(anyForm: text))
  }

  @Test(arguments: [
    "", "2027-02-30", "2027-13-01", "2027-00-10", "2100-02-29", "2027-03-31T24:00:00Z", "2027-03-31T09:60:00Z",
    "2027-03-31T23:59:60Z", "2027-03-31t09:00:00z", "2027-03-31 09:00:00Z", "2027-03-31T09:00:00+", "2027/03/31",
    "2027-03-3a", "1969-12-31", "+027-03-31", "2027-03-31T09:00:00.5Z", "tomorrow!!",
  ])
  func `what is not just digits is left to others, or is no time`(text: String) {
    #expect(Timestamp(plain: text) == nil)
  }
}
