import Domain

/// What may be the first day of an agreement: every period since then is owed, or held for a person.
enum AgreementStart {
  private static let yearsBack = 10
  private static let yearsAhead = 100

  /// - Throws: bad input for a day that can only be a slip, such as 1970-01-01 or 20270-03-31.
  static func checked(_ start: CivilDate, today: CivilDate) throws(CommandFailure) {
    if start.year < today.year - yearsBack {
      throw .badInput("start \(start) is more than \(yearsBack) years ago, and every period since then would be owed")
    }
    if start.year > today.year + yearsAhead {
      throw .badInput("start \(start) is more than \(yearsAhead) years from now")
    }
  }
}
