import Domain

extension Configuration {
  /// `[notices]`: mails that are not about a failure.
  struct Notices: Sendable, Equatable {
    /// Who sends the receipt.
    enum Receipt: String, Sendable, CaseIterable { case stripe, off }

    /// How long before the due date; `nil` is off. Not acted on yet.
    let upcomingCharge: Duration?
    /// How long before the due date that the card does not reach; `nil` is off. Not acted on yet.
    let cardExpiring: Duration?
    let receipt: Receipt

    init(reading table: TableReader) {
      upcomingCharge = Self.lead("upcoming_charge", table) ?? nil
      cardExpiring = Self.lead("card_expiring", table) ?? .days(14)
      receipt = table.choice("receipt", Receipt.self) ?? .stripe
      if upcomingCharge != nil { table.noteNotYet("upcoming_charge") }
      if cardExpiring != nil { table.noteNotYet("card_expiring") }
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
