/// The `Date` header of a moment, as RFC 9110 wants it: `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// - Parameter seconds: since 1970-01-01T00:00:00Z.
func httpDate(_ seconds: Int) -> String {
  let day = seconds.quotientRoundingDown(by: 86_400)
  let clock = seconds - day * 86_400
  let (year, month, dayOfMonth) = civilDate(daysSince1970: day)
  let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][day - day.quotientRoundingDown(by: 7) * 7]
  let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
  return "\(weekday), \(two(dayOfMonth)) \(months[month - 1]) \(year) "
    + "\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60)) GMT"
}

/// Howard Hinnant's `civil_from_days`.
func civilDate(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
  let shifted = daysSince1970 + 719_468
  let era = shifted.quotientRoundingDown(by: 146_097)
  let dayOfEra = shifted - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}

extension Int {
  fileprivate func quotientRoundingDown(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
