import Domain

extension Configuration {
  /// `[notices]`: mails that are not about a failure.
  struct Notices: Sendable, Equatable {
    /// Who sends the receipt. Dues never does; whether Stripe does is set in its dashboard.
    enum Receipt: String, Sendable, CaseIterable { case stripe, off }

    let timing: NoticeTiming
    let receipt: Receipt

    init(reading table: TableReader) {
      timing = NoticeTiming(
        upcomingCharge: Self.lead("upcoming_charge", table) ?? nil,
        cardExpiring: Self.lead("card_expiring", table) ?? .days(14), quietHours: table.hours("quiet_hours"))
      receipt = table.choice("receipt", Receipt.self) ?? .stripe
      if receipt == .off {
        table.warn(
          "receipt", "does not switch off Stripe's own receipts",
          "they are set in Stripe's dashboard, under the customer emails")
      }
      table.finish()
    }

    /// Absent, off (`.some(nil)`), or a time.
    private static func lead(_ key: String, _ table: TableReader) -> Duration?? {
      table.value(key) { text throws(ValueProblem) -> Duration? in
        if text == "off" { return nil }
        do throws(ValueProblem) {
          return try DurationText.parse(text)
        } catch {
          throw ValueProblem(error.problem, "write \"14d\" or another time, or \"off\"")
        }
      }
    }
  }
}

extension TableReader {
  /// A part of the day, or `"off"`.
  func hours(_ key: String) -> DayHours? {
    let read = value(key) { text throws(ValueProblem) -> DayHours? in
      if text == "off" { return nil }
      guard let hours = DayHours(parsing: text) else {
        throw ValueProblem("is not a part of the day", "write \"08:00-20:00\", or \"off\"")
      }
      return hours
    }
    return read ?? nil
  }
}
