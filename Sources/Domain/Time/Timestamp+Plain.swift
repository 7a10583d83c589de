extension Timestamp {
  /// Reads the two forms that nearly all times in files have, `2027-03-31T09:00:00Z` and `2027-03-31`, as
  /// ``init(anyForm:)`` does, but digit by digit: a file may have a million of them.
  ///
  /// - Returns: `nil` also for a time of any other form.
  init?(plain text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10 || bytes.count == 20, let date = Self.date(bytes) else { return nil }
    var seconds = date.daysSince1970 * 86_400
    if bytes.count == 20 {
      guard let second = Self.secondOfDay(bytes) else { return nil }
      seconds += second
    }
    self.init(seconds: Int64(seconds))
  }

  /// `2027-03-31`. Years before 1970 are left to others.
  private static func date(_ bytes: [UInt8]) -> CivilDate? {
    guard bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), let year = number(bytes[0..<4]), year >= 1970,
      let month = number(bytes[5..<7]), let day = number(bytes[8..<10])
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  /// `T09:00:00Z`, which follows a date. A leap second is left to others.
  private static func secondOfDay(_ bytes: [UInt8]) -> Int? {
    guard bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      bytes[19] == UInt8(ascii: "Z"), let hour = number(bytes[11..<13]), hour < 24,
      let minute = number(bytes[14..<16]), minute < 60, let second = number(bytes[17..<19]), second < 60
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var number = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      number = number * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return number
  }
}
